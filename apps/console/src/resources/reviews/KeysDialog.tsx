import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from '@mui/material';
import { Facts } from '../../ui/Facts.tsx';

const KEYS = [
  ['j / k', 'next and previous run that waits'],
  ['s', 'safe'],
  ['u', 'suspicious'],
  ['v', 'violation'],
  ['c', 'comment'],
  ['Ctrl+Enter', 'give the verdict, and go to the next'],
  ['q', 'back to the queue'],
  ['?', 'these keys'],
] as const;

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} maxWidth="xs" fullWidth aria-labelledby="keys-title">
      <DialogTitle id="keys-title" component="h2">
        Keys
      </DialogTitle>
      <DialogContent>
        <Facts rows={KEYS.map(([key, what]) => [key, what])} />
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
