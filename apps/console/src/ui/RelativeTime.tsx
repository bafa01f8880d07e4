import { Box } from '@mui/material';
import { formatDateTime, formatRelative } from '../format.ts';
import { useNow } from './use-now.ts';

/** "3 min. ago", with the exact time on hover and for readers. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow();
  return (
    <Box component="time" dateTime={at} title={formatDateTime(at)} sx={{ whiteSpace: 'nowrap' }}>
      {formatRelative(at, now)}
    </Box>
  );
}
