import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  TextField,
  Typography,
} from '@mui/material';
import { useState, type FormEvent } from 'react';
import { ApiError, messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { formatDateTime } from '../../format.ts';
import type { InviteMemberMutation } from '../../gql/graphql.ts';
import { useViewer } from '../../session/use-viewer.ts';
import { Snippet } from '../../ui/Snippet.tsx';
import { InviteMemberDocument } from './queries.ts';
import { ROLES, type Role } from './roles.ts';

export function Invite({ onClose }: { onClose: () => void }) {
  const { tenant } = useViewer();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('analyst');
  const [failure, setFailure] = useState<{ message: string; path?: string | undefined }>();
  const [made, setMade] = useState<InviteMemberMutation['inviteMember']>();
  const invite = useChange(InviteMemberDocument, { quiet: true, done: (answer) => setMade(answer.inviteMember) });
  // Only an owner may make another.
  const offered = ROLES.filter((each) => each.value !== 'owner' || tenant.role === 'owner');

  function submit(event: FormEvent) {
    event.preventDefault();
    setFailure(undefined);
    invite.mutate(
      { email, role },
      {
        onError: (error) =>
          setFailure({ message: messageOf(error), path: error instanceof ApiError ? error.path : undefined }),
      },
    );
  }

  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="invite-title">
      <form onSubmit={submit}>
        <DialogTitle id="invite-title" component="h2">
          {made ? 'The invitation is ready' : 'Invite somebody'}
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', pt: '8px !important' }}>
          {made ? (
            <>
              <Typography variant="body2">
                Send this link, which is shown only now, to <strong>{made.email}</strong>. Whoever opens it joins as{' '}
                {made.role}, until {formatDateTime(made.expiresAt)}.
              </Typography>
              <Box data-testid="invitation-link">
                <Snippet text={made.link ?? ''} label="invitation link" />
              </Box>
            </>
          ) : (
            <>
              {failure && failure.path !== 'email' && <Alert severity="error">{failure.message}</Alert>}
              <TextField
                label="E-mail"
                type="email"
                value={email}
                onChange={(event) => setEmail(event.target.value)}
                error={failure?.path === 'email'}
                helperText={failure?.path === 'email' ? failure.message : 'No mail is sent: you get a link to pass on.'}
                required
                autoFocus
              />
              <TextField
                select
                label="Role"
                value={role}
                onChange={(event) => setRole(event.target.value as Role)}
                helperText={ROLES.find((each) => each.value === role)?.meaning}
              >
                {offered.map((each) => (
                  <MenuItem key={each.value} value={each.value}>
                    {each.label}
                  </MenuItem>
                ))}
              </TextField>
            </>
          )}
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2 }}>
          <Button onClick={onClose}>{made ? 'Close' : 'Cancel'}</Button>
          {!made && (
            <Button type="submit" variant="contained" loading={invite.isPending}>
              Make the invitation
            </Button>
          )}
        </DialogActions>
      </form>
    </Dialog>
  );
}
