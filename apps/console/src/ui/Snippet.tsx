import { Box, Typography } from '@mui/material';
import { CopyButton } from './CopyButton.tsx';
import { MONO } from '../theme.ts';

interface Props {
  readonly text: string;
  readonly label?: string;
  readonly maxHeight?: number;
}

/** Text to take away: monospaced, scrolling sideways, with a copy button. */
export function Snippet({ text, label, maxHeight }: Props) {
  return (
    <Box
      sx={{
        border: 1,
        borderColor: 'divider',
        borderRadius: 1.5,
        bgcolor: 'background.default',
        overflow: 'hidden',
        minWidth: 0,
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'flex-start' }}>
        <Box
          component="pre"
          tabIndex={0}
          aria-label={label ?? 'Snippet'}
          sx={{
            m: 0,
            p: 1.5,
            flex: 1,
            minWidth: 0,
            overflow: 'auto',
            maxHeight,
            fontFamily: MONO,
            fontSize: 12.5,
            lineHeight: 1.6,
          }}
        >
          {text}
        </Box>
        <Box sx={{ p: 0.5 }}>
          <CopyButton text={text} label={label === undefined ? 'Copy' : `Copy ${label}`} />
        </Box>
      </Box>
    </Box>
  );
}

/** A short machine word, such as an id or a hash, in full on hover and to copy. */
export function Identifier({ label, value, shown }: { label: string; value: string; shown?: string }) {
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.5, minWidth: 0 }}>
      <Typography component="span" noWrap title={value} sx={{ fontFamily: MONO, fontSize: 12.5, minWidth: 0 }}>
        {shown ?? value}
      </Typography>
      <CopyButton text={value} label={`Copy ${label}`} />
    </Box>
  );
}
