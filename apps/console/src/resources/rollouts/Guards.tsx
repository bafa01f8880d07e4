import { Box, Chip, LinearProgress, Typography } from '@mui/material';
import type { Reading } from './queries.ts';
import { effectLabel, guardLabel, inLocalTime, limitOf } from './words.ts';

function Evidence({ reading }: { reading: Reading }) {
  if (reading.log10E == null) return null;
  const share = Math.min(Math.max((reading.log10E / limitOf(reading.guard)) * 100, 0), 100);
  return (
    <LinearProgress
      variant="determinate"
      value={share}
      color={share >= 100 ? 'error' : share >= 50 ? 'warning' : 'primary'}
      aria-label={`Evidence of ${guardLabel(reading.guard)} towards its limit`}
      sx={{ height: 6, borderRadius: 3, bgcolor: 'action.hover' }}
    />
  );
}

const STATES = {
  ok: { label: 'OK', color: 'success' },
  triggered: { label: 'Triggered', color: 'error' },
  no_data: { label: 'No data yet', color: 'default' },
} as const;

/** Each guard with what it has seen. The bar is the evidence against the arm: full, and the guard acts. */
export function Guards({ readings }: { readings: readonly Reading[] }) {
  return (
    <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }} aria-label="Guards">
      {readings.map((reading) => (
        <Box
          component="li"
          key={reading.guard}
          sx={{
            px: 2,
            py: 1.25,
            borderTop: 1,
            borderColor: 'divider',
            display: 'grid',
            gap: 0.5,
            gridTemplateColumns: 'minmax(0, 1fr)',
          }}
        >
          <Box sx={{ display: 'flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
            <Typography sx={{ fontWeight: 600 }}>{guardLabel(reading.guard)}</Typography>
            <Chip
              size="small"
              variant="outlined"
              label={STATES[reading.state].label}
              color={STATES[reading.state].color}
              data-status={reading.state}
            />
            <Typography variant="caption" color="textSecondary">
              {effectLabel(reading.effect)}
              {reading.dryRun && ' (dry run: only says so)'}
            </Typography>
          </Box>
          <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            {inLocalTime(reading.sentence)}
          </Typography>
          <Evidence reading={reading} />
        </Box>
      ))}
    </Box>
  );
}
