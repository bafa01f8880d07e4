import { Box, Button, Typography } from '@mui/material';
import CloudOffIcon from '@mui/icons-material/CloudOffOutlined';
import LockIcon from '@mui/icons-material/LockOutlined';
import ReportIcon from '@mui/icons-material/ReportGmailerrorredOutlined';
import SearchOffIcon from '@mui/icons-material/SearchOff';
import { ApiError, messageOf } from '../api/errors.ts';

const ICONS: Readonly<Record<string, typeof ReportIcon>> = {
  FORBIDDEN: LockIcon,
  NOT_FOUND: SearchOffIcon,
  UNREACHABLE: CloudOffIcon,
};

interface Props {
  readonly error: unknown;
  readonly retry?: () => void;
  readonly title?: string;
  /** Takes the height of a page. */
  readonly tall?: boolean;
}

/** A request failed: what happened, in words, and the way on. */
export function Problem({ error, retry, title, tall }: Props) {
  const code = error instanceof ApiError ? error.code : '';
  const Icon = ICONS[code] ?? ReportIcon;
  return (
    <Box
      role="alert"
      data-testid="problem"
      sx={{
        display: 'grid',
        placeItems: 'center',
        textAlign: 'center',
        gap: 1,
        px: 3,
        py: 6,
        minHeight: tall ? '70dvh' : 0,
        alignContent: 'center',
      }}
    >
      <Icon sx={{ fontSize: 40, color: 'text.secondary' }} />
      <Typography variant="h2">{title ?? 'This could not be loaded'}</Typography>
      <Typography variant="body2" color="textSecondary" sx={{ maxWidth: 460, overflowWrap: 'anywhere' }}>
        {messageOf(error)}
      </Typography>
      {(code === 'FORBIDDEN' || code === 'NOT_FOUND') && tall && (
        <Button variant="outlined" onClick={() => window.history.back()} sx={{ mt: 1 }}>
          Go back
        </Button>
      )}
      {retry && code !== 'FORBIDDEN' && code !== 'NOT_FOUND' && (
        <Button variant="outlined" onClick={retry} sx={{ mt: 1 }}>
          Try again
        </Button>
      )}
    </Box>
  );
}
