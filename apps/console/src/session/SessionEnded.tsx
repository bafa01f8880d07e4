import { Dialog, DialogContent, DialogTitle, Typography } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import { refreshAll } from '../api/use-api.ts';
import { SignInForm } from '../auth/SignInForm.tsx';
import { useSessionEnded } from './session-state.ts';

/** Asks for a new sign-in over the open page, so that what was being written stays. */
export function SessionEnded() {
  const ended = useSessionEnded();
  const client = useQueryClient();
  return (
    <Dialog open={ended} maxWidth="xs" fullWidth aria-labelledby="session-ended" data-testid="session-ended">
      <DialogTitle id="session-ended" component="h2">
        Your session has ended
      </DialogTitle>
      <DialogContent>
        <Typography variant="body2" color="textSecondary" sx={{ mb: 2 }}>
          Sign in again to go on where you were. What you were writing on this page is still here.
        </Typography>
        <SignInForm onSignedIn={() => void refreshAll(client)} />
      </DialogContent>
    </Dialog>
  );
}
