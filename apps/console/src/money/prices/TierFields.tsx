import { Box, IconButton, TextField } from '@mui/material';
import RemoveIcon from '@mui/icons-material/DeleteOutlined';
import { microsOf } from '../../ui/numbers.ts';
import type { TierDraft } from './tier-draft.ts';

interface Props {
  readonly draft: TierDraft;
  readonly onChange: (draft: TierDraft) => void;
  /** Left out for the first tier, which every price has. */
  readonly onRemove?: () => void;
}

const RATES = [
  { name: 'input', label: 'Input' },
  { name: 'cached', label: 'Cached input', placeholder: 'as input' },
  { name: 'output', label: 'Output' },
  { name: 'reasoning', label: 'Reasoning', placeholder: 'as output' },
] as const;

export function TierFields({ draft, onChange, onRemove }: Props) {
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 1.25,
        alignItems: 'center',
        gridTemplateColumns: { xs: 'repeat(2, minmax(0, 1fr))', sm: 'repeat(4, minmax(0, 1fr))' },
      }}
    >
      {onRemove && (
        <Box sx={{ gridColumn: '1 / -1', display: 'flex', gap: 1, alignItems: 'center' }}>
          <TextField
            label="For prompts with more input tokens than"
            value={draft.above}
            onChange={(event) => onChange({ ...draft, above: event.target.value })}
            slotProps={{ inputLabel: { shrink: true }, htmlInput: { inputMode: 'numeric' } }}
            sx={{ flex: 1, maxWidth: 320 }}
          />
          <IconButton aria-label="Remove this tier" onClick={onRemove}>
            <RemoveIcon fontSize="small" />
          </IconButton>
        </Box>
      )}
      {RATES.map(({ name, label, ...more }) => (
        <TextField
          key={name}
          label={label}
          value={draft[name]}
          onChange={(event) => onChange({ ...draft, [name]: event.target.value })}
          error={draft[name].trim() !== '' && microsOf(draft[name]) === undefined}
          placeholder={'placeholder' in more ? more.placeholder : '0.00'}
          slotProps={{ inputLabel: { shrink: true }, htmlInput: { inputMode: 'decimal' } }}
        />
      ))}
    </Box>
  );
}
