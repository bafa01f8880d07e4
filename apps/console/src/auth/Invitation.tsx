import { Alert, Button, Skeleton, Stack, TextField, Typography } from '@mui/material';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { ApiError, messageOf } from '../api/errors.ts';
import { chooseTenant } from '../api/tenant.ts';
import { acceptInvitation, readInvitation, signInByPassword, type InvitationSeen } from './api.ts';
import { Front } from './Front.tsx';
import { SignInForm } from './SignInForm.tsx';
import { useEnter } from './use-enter.ts';

const SHORTEST_PASSWORD = 12;

interface JoinProps {
  readonly token: string;
  readonly invitation: InvitationSeen;
  readonly onJoined: (tenantId: string) => void;
}

/** Somebody new: a name and a password. */
function JoinAsNew({ token, invitation, onJoined }: JoinProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<{ message: string; path?: string | undefined }>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const tenantId = await acceptInvitation({ token, name, password });
      await signInByPassword({ email: invitation.email, password });
      onJoined(tenantId);
    } catch (error) {
      setProblem({ message: messageOf(error), path: error instanceof ApiError ? error.path : undefined });
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} aria-label="Accept invitation">
      <Stack spacing={2}>
        {problem && problem.path !== 'name' && problem.path !== 'password' && (
          <Alert severity="error" role="alert">
            {problem.message}
          </Alert>
        )}
        <TextField
          label="Your name"
          autoComplete="name"
          size="medium"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problem?.path === 'name'}
          helperText={problem?.path === 'name' ? problem.message : 'As the others will see it.'}
          required
          autoFocus
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          size="medium"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          slotProps={{ htmlInput: { minLength: SHORTEST_PASSWORD } }}
          error={problem?.path === 'password'}
          helperText={problem?.path === 'password' ? problem.message : `At least ${SHORTEST_PASSWORD} characters.`}
          required
        />
        <Button type="submit" variant="contained" size="large" loading={busy}>
          Join
        </Button>
      </Stack>
    </form>
  );
}

/** Somebody who has an account: as that user, signing in first where needed. */
function JoinAsUser({ token, invitation, onJoined }: JoinProps) {
  const [signingIn, setSigningIn] = useState(false);
  const [problem, setProblem] = useState<string>();
  async function join() {
    setProblem(undefined);
    try {
      onJoined(await acceptInvitation({ token }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) setSigningIn(true);
      else setProblem(messageOf(error));
    }
  }
  return (
    <Stack spacing={2}>
      {problem !== undefined && (
        <Alert severity="error" role="alert">
          {problem}
        </Alert>
      )}
      {signingIn ? (
        <>
          <Typography variant="body2">You have an account already: sign in to join.</Typography>
          <SignInForm address={invitation.email} onSignedIn={() => void join()} />
        </>
      ) : (
        <Button variant="contained" size="large" onClick={() => void join()}>
          Join as {invitation.email}
        </Button>
      )}
    </Stack>
  );
}

export function Invitation() {
  const [search] = useSearchParams();
  const token = search.get('token') ?? '';
  const { data, error } = useQuery({
    queryKey: ['auth', 'invitation', token],
    queryFn: () => readInvitation(token),
    retry: false,
    refetchOnWindowFocus: false,
  });
  const enter = useEnter();
  const joined = (tenantId: string) => {
    chooseTenant(tenantId);
    enter();
  };
  if (error)
    return (
      <Front title="This invitation does not work" lead={messageOf(error)}>
        <Button component={Link} to="/login" variant="outlined">
          Go to sign-in
        </Button>
      </Front>
    );
  if (!data)
    return (
      <Front title="Join your team" lead="Looking at your invitation…">
        <Skeleton variant="rounded" height={160} />
      </Front>
    );
  const Join = data.userExists ? JoinAsUser : JoinAsNew;
  return (
    <Front
      title={`Join ${data.tenant}`}
      lead={
        <>
          You were invited as <strong>{data.role}</strong>, with the address <strong>{data.email}</strong>.
        </>
      }
    >
      <Join token={token} invitation={data} onJoined={joined} />
    </Front>
  );
}
