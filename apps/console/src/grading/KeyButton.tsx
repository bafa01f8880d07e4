import { Box, Button } from '@mui/material';
import type { ReactNode } from 'react';

interface Props {
  readonly hotkey: string;
  readonly children: ReactNode;
  readonly onClick: () => void;
  readonly chosen?: boolean;
  readonly disabled?: boolean;
  readonly quiet?: boolean;
  readonly testId?: string;
}

/** A button that says which key does the same. */
export function KeyButton({ hotkey, children, onClick, chosen, disabled, quiet, testId }: Props) {
  return (
    <Button
      variant={quiet ? 'text' : chosen ? 'contained' : 'outlined'}
      onClick={onClick}
      disabled={disabled ?? false}
      aria-keyshortcuts={hotkey}
      aria-pressed={chosen ?? false}
      data-testid={testId}
      endIcon={
        <Box
          component="kbd"
          sx={{
            color: 'inherit',
            opacity: 0.75,
            lineHeight: 1.5,
            '&&': { fontSize: 12 },
            display: { xs: 'none', sm: 'inline' },
          }}
        >
          {hotkey}
        </Box>
      }
    >
      {children}
    </Button>
  );
}
