import { Badge, Box, Button, useMediaQuery } from '@mui/material';
import TuneIcon from '@mui/icons-material/Tune';
import type { Theme } from '@mui/material/styles';
import { Children, useState, type ReactNode } from 'react';

interface Props {
  /** The first is what is used most: on a phone it alone stands open. */
  readonly children: ReactNode;
  readonly onClear?: (() => void) | undefined;
}

export function FilterBar({ children, onClear }: Props) {
  const narrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('sm'));
  const [open, setOpen] = useState(false);
  const [first, ...rest] = Children.toArray(children);
  const folds = narrow && rest.length > 0;
  return (
    <Box
      role="search"
      sx={{ display: 'flex', columnGap: 1.25, rowGap: 1.75, flexWrap: 'wrap', alignItems: 'center', mb: 2 }}
    >
      {first}
      {folds && (
        <Button
          size="small"
          onClick={() => setOpen(!open)}
          aria-expanded={open}
          startIcon={
            <Badge variant="dot" color="warning" invisible={onClear === undefined}>
              <TuneIcon fontSize="small" />
            </Badge>
          }
        >
          {open ? 'Fewer filters' : 'Filters'}
        </Button>
      )}
      {(!folds || open) && rest}
      {onClear && (
        <Button size="small" onClick={onClear}>
          Clear filters
        </Button>
      )}
    </Box>
  );
}
