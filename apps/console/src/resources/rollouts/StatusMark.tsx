import { Box } from '@mui/material';
import { StatusChip } from '../../ui/StatusChip.tsx';

export function StatusMark({ status }: { status: string }) {
  return (
    <Box component="span" data-testid="rollout-status">
      <StatusChip kind="rollout" value={status} />
    </Box>
  );
}
