import { Box, LinearProgress, Typography } from '@mui/material';
import { formatCount } from '../../format.ts';

/** How many of the cases both arms have answered. */
export function Progress({ done, of }: { done: number; of: number }) {
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, minWidth: 110 }}>
      <LinearProgress
        variant="determinate"
        value={of === 0 ? 0 : (done / of) * 100}
        aria-label="Cases answered"
        sx={{ flex: 1, height: 6, borderRadius: 3, bgcolor: 'action.selected' }}
      />
      <Typography variant="caption" color="textSecondary" sx={{ fontVariantNumeric: 'tabular-nums' }}>
        {formatCount(done)} of {formatCount(of)}
      </Typography>
    </Box>
  );
}
