import { MenuItem, TextField } from '@mui/material';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** What the empty value is called; left out where a value is needed. */
  readonly any?: string;
  readonly minWidth?: number;
}

/** A filter with few values. */
export function Choice({ label, value, onChange, options, any, minWidth = 140 }: Props) {
  return (
    <TextField
      select
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      sx={{ minWidth, bgcolor: 'background.paper', flex: { xs: '1 1 40%', sm: '0 0 auto' } }}
      slotProps={{
        inputLabel: { shrink: true },
        select: { displayEmpty: true, native: false },
      }}
    >
      {any !== undefined && <MenuItem value="">{any}</MenuItem>}
      {options.map((option) => (
        <MenuItem key={option.value} value={option.value}>
          {option.label}
        </MenuItem>
      ))}
    </TextField>
  );
}
