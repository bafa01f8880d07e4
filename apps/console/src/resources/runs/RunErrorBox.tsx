import { Alert, AlertTitle, Box, Button } from '@mui/material';
import { MONO } from '../../theme.ts';
import type { RunError } from './words.ts';

export function RunErrorBox({
  error,
  onOpen,
}: {
  error: RunError;
  onOpen: (line: number, column: number | undefined) => void;
}) {
  const { line, column } = error;
  return (
    <Alert severity="error" data-testid="run-error">
      <AlertTitle sx={{ fontFamily: MONO, fontSize: 13.5, mb: 0.25 }}>{error.title}</AlertTitle>
      <Box sx={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{error.message}</Box>
      {line !== undefined && (
        <Button size="small" color="error" onClick={() => onOpen(line, column)} sx={{ mt: 0.5, ml: -0.5 }}>
          Go to line {line}
        </Button>
      )}
    </Alert>
  );
}
