import { Chip } from '@mui/material';
import { statusLabel } from './words.ts';

const COLORS = {
  running: 'success',
  scheduled: 'info',
  held: 'warning',
  rolled_back: 'error',
  completed: 'success',
} as const;

export function StatusMark({ status }: { status: string }) {
  return (
    <Chip
      size="small"
      label={statusLabel(status)}
      color={COLORS[status as keyof typeof COLORS] ?? 'default'}
      variant="outlined"
      data-testid="rollout-status"
      data-status={status}
    />
  );
}
