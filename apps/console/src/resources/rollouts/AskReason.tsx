import { Alert, Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField } from '@mui/material';
import { useState, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  /** What the button does, in a verb. */
  readonly act: string;
  readonly grave?: boolean;
  readonly busy: boolean;
  readonly problem?: string | undefined;
  readonly children?: ReactNode;
  readonly onAct: (reason: string) => void;
  readonly onClose: () => void;
}

/** Every change of a rollout is made for a reason, which stands in its history and in the audit log. */
export function AskReason({ title, act, grave, busy, problem, children, onAct, onClose }: Props) {
  const [reason, setReason] = useState('');
  return (
    <Dialog open onClose={onClose} maxWidth="xs" fullWidth aria-labelledby="reason-title">
      <Box
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          onAct(reason.trim());
        }}
      >
        <DialogTitle id="reason-title" component="h2">
          {title}
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
          <Box sx={{ color: 'text.secondary', fontSize: 14.5 }}>{children}</Box>
          <TextField
            autoFocus
            required
            label="Why"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            slotProps={{ htmlInput: { maxLength: 300 } }}
          />
          {problem !== undefined && <Alert severity="error">{problem}</Alert>}
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2 }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="contained"
            color={grave ? 'error' : 'primary'}
            disabled={reason.trim() === ''}
            loading={busy}
            data-testid="confirm"
          >
            {act}
          </Button>
        </DialogActions>
      </Box>
    </Dialog>
  );
}
