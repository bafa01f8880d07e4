import { Chip } from '@mui/material';

const LABELS: Readonly<Record<string, string>> = { traditional: 'Traditional', code: 'Code', hybrid: 'Hybrid' };

export const armLabel = (arm: string | null | undefined): string => (arm == null ? 'none yet' : (LABELS[arm] ?? arm));

/** Which way a conversation is answered; filled for the ways that run code. */
export function ArmChip({ arm }: { arm: string | null | undefined }) {
  const runsCode = arm === 'code' || arm === 'hybrid';
  return (
    <Chip
      size="small"
      label={armLabel(arm)}
      color={runsCode ? 'primary' : 'default'}
      variant={runsCode ? 'filled' : 'outlined'}
      data-arm={arm ?? 'none'}
    />
  );
}

/** No model answered: what stands here says nothing of a model. */
export function ScriptedChip() {
  return (
    <Chip
      size="small"
      label="Scripted"
      color="warning"
      variant="outlined"
      title="Answered by the scripted stand-in, because no model key is set. Nothing of it is a model's result."
    />
  );
}
