import { Alert, Box, Button } from '@mui/material';
import type { ReactNode } from 'react';
import { messageOf } from '../api/errors.ts';

interface Props {
  readonly onSave: () => void;
  readonly saving: boolean;
  readonly error: unknown;
  /** What the button does, in a verb. */
  readonly act: string;
  /** Nothing was changed, or something is not acceptable. */
  readonly disabled?: boolean;
  readonly onCancel?: () => void;
  readonly columns?: number;
  readonly testId?: string;
  readonly children: ReactNode;
}

/** Fields in a grid, what is wrong, and the button that saves them. */
export function FormGrid({ onSave, saving, error, act, disabled, onCancel, columns = 2, testId, children }: Props) {
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
      sx={{
        display: 'grid',
        columnGap: 2,
        rowGap: 2,
        alignItems: 'start',
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: `repeat(${columns}, minmax(0, 1fr))` },
      }}
    >
      {children}
      {error != null && (
        <Alert severity="error" sx={{ gridColumn: '1 / -1' }}>
          {messageOf(error)}
        </Alert>
      )}
      <Box sx={{ display: 'flex', gap: 1, gridColumn: '1 / -1' }}>
        <Button type="submit" variant="contained" loading={saving} disabled={disabled ?? false} data-testid={testId}>
          {act}
        </Button>
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </Box>
    </Box>
  );
}
