import { Box, Typography } from '@mui/material';
import { useState } from 'react';
import { Button } from '@mui/material';
import { Snippet } from '../ui/Snippet.tsx';
import { toText } from '../ui/Diff.tsx';

const SHOWN_CHARS = 6000;

/** A value as JSON; a long one is cut until it is asked for. */
export function JsonView({ value, label, maxHeight = 320 }: { value: unknown; label: string; maxHeight?: number }) {
  const [whole, setWhole] = useState(false);
  const text = toText(value);
  if (text === '')
    return (
      <Typography variant="body2" color="textSecondary">
        Nothing.
      </Typography>
    );
  const cut = !whole && text.length > SHOWN_CHARS;
  return (
    <Box>
      <Snippet text={cut ? `${text.slice(0, SHOWN_CHARS)}\n…` : text} label={label} maxHeight={maxHeight} />
      {cut && (
        <Button size="small" onClick={() => setWhole(true)} sx={{ mt: 0.5 }}>
          Show all {text.length.toLocaleString('en')} characters
        </Button>
      )}
    </Box>
  );
}
