import { IconButton, InputAdornment, TextField } from '@mui/material';
import ClearIcon from '@mui/icons-material/Clear';
import SearchIcon from '@mui/icons-material/Search';
import { useEffect, useRef, useState } from 'react';

interface Props {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
  /** Zero where the list is filtered here in the page. */
  readonly settleMs?: number;
  readonly fullWidth?: boolean;
}

/** Searches when typing pauses. */
export function SearchField({ value, onChange, label, settleMs = 250, fullWidth }: Props) {
  const [text, setText] = useState(value);
  const [given, setGiven] = useState(value);
  if (given !== value) {
    setGiven(value);
    setText(value);
  }
  const timer = useRef<number>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const type = (next: string, waitMs: number) => {
    setText(next);
    window.clearTimeout(timer.current);
    if (waitMs === 0) onChange(next);
    else timer.current = window.setTimeout(() => onChange(next), waitMs);
  };
  return (
    <TextField
      type="search"
      value={text}
      onChange={(event) => type(event.target.value, settleMs)}
      placeholder={label}
      fullWidth={fullWidth ?? false}
      sx={{
        minWidth: { xs: '100%', sm: 200 },
        ...(fullWidth === true ? {} : { flex: { sm: '1 1 240px' }, maxWidth: { sm: 340 } }),
        bgcolor: 'background.paper',
        '& input::-webkit-search-cancel-button': { display: 'none' },
      }}
      slotProps={{
        htmlInput: { 'aria-label': label },
        input: {
          startAdornment: (
            <InputAdornment position="start">
              <SearchIcon fontSize="small" />
            </InputAdornment>
          ),
          endAdornment:
            text === '' ? undefined : (
              <InputAdornment position="end">
                <IconButton size="small" aria-label="Clear search" edge="end" onClick={() => type('', 0)}>
                  <ClearIcon fontSize="small" />
                </IconButton>
              </InputAdornment>
            ),
        },
      }}
    />
  );
}
