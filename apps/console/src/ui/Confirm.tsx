import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from '@mui/material';
import type { ReactNode } from 'react';

interface Props {
  readonly open: boolean;
  readonly title: string;
  readonly children: ReactNode;
  /** What the button does, in a verb: "Revoke key". */
  readonly act: string;
  readonly onAct: () => void;
  readonly onClose: () => void;
  readonly busy?: boolean;
  readonly grave?: boolean;
}

export function Confirm({ open, title, children, act, onAct, onClose, busy, grave }: Props) {
  return (
    <Dialog open={open} onClose={onClose} maxWidth="xs" fullWidth aria-labelledby="confirm-title">
      <DialogTitle id="confirm-title" component="h2">
        {title}
      </DialogTitle>
      <DialogContent sx={{ color: 'text.secondary', fontSize: 14.5 }}>{children}</DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          variant="contained"
          color={grave ? 'error' : 'primary'}
          onClick={onAct}
          loading={busy ?? false}
          data-testid="confirm"
        >
          {act}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
