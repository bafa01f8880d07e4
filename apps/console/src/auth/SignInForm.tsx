import { Alert, Box, Button, Divider, Skeleton, Stack, TextField } from '@mui/material';
import LoginIcon from '@mui/icons-material/Login';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { messageOf } from '../api/errors.ts';
import { sessionBegan } from '../auth-provider.ts';
import { readProviders, signInByPassword, startSingleSignOn, verifySecondFactor } from './api.ts';
import { leaveFor, oauthQuery } from './oauth-query.ts';

interface Props {
  readonly onSignedIn: () => void;
  /** Known already, such as from an invitation. */
  readonly address?: string;
}

function SecondFactor({ busy, onCode }: { busy: boolean; onCode: (code: string) => void }) {
  const [code, setCode] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onCode(code);
      }}
      aria-label="Second factor"
    >
      <Stack spacing={2}>
        <TextField
          label="Code of your authenticator app"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          autoComplete="one-time-code"
          size="medium"
          slotProps={{ htmlInput: { inputMode: 'numeric', pattern: '[0-9]{6}', maxLength: 6 } }}
          required
          autoFocus
        />
        <Button type="submit" variant="contained" size="large" loading={busy}>
          Go on
        </Button>
      </Stack>
    </form>
  );
}

/** Password and single sign-on, as this installation offers them. */
export function SignInForm({ onSignedIn, address = '' }: Props) {
  const [email, setEmail] = useState(address);
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [wantsCode, setWantsCode] = useState(false);
  const providers = useQuery({
    queryKey: ['auth', 'providers'],
    queryFn: ({ signal }) => readProviders(signal),
    staleTime: 60_000,
  });

  async function attempt(work: () => Promise<void>) {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  }
  const enter = () => {
    sessionBegan();
    onSignedIn();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      const outcome = await signInByPassword({ email, password, oauthQuery: oauthQuery() });
      if (outcome.kind === 'second_factor') setWantsCode(true);
      else if (outcome.kind === 'onward') leaveFor(outcome.url);
      else enter();
    });
  };
  const sendCode = (code: string) =>
    void attempt(async () => {
      await verifySecondFactor(code);
      enter();
    });

  const oidc = providers.data?.oidc;
  const byPassword = providers.data?.password ?? true;
  return (
    <Stack spacing={2.5}>
      {problem !== undefined && (
        <Alert severity="error" role="alert" data-testid="sign-in-error">
          {problem}
        </Alert>
      )}
      {providers.isPending && <Skeleton variant="rounded" height={40} />}
      {wantsCode ? (
        <SecondFactor busy={busy} onCode={sendCode} />
      ) : (
        <>
          {oidc && (
            <Button
              variant="outlined"
              size="large"
              startIcon={<LoginIcon />}
              onClick={() => void attempt(async () => leaveFor(await startSingleSignOn(oidc.id)))}
              data-testid="single-sign-on"
            >
              Sign in with {oidc.name}
            </Button>
          )}
          {oidc && byPassword && (
            <Divider>
              <Box component="span" sx={{ color: 'text.secondary', fontSize: 13 }}>
                or with a password
              </Box>
            </Divider>
          )}
          {byPassword && (
            <form onSubmit={submit} aria-label="Sign in">
              <Stack spacing={2}>
                <TextField
                  label="E-mail"
                  type="email"
                  name="email"
                  autoComplete="username"
                  size="medium"
                  value={email}
                  onChange={(event) => setEmail(event.target.value)}
                  required
                  autoFocus={address === ''}
                  fullWidth
                />
                <TextField
                  label="Password"
                  type="password"
                  name="password"
                  autoComplete="current-password"
                  size="medium"
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                  required
                  autoFocus={address !== ''}
                  fullWidth
                />
                <Button type="submit" variant="contained" size="large" loading={busy}>
                  Sign in
                </Button>
              </Stack>
            </form>
          )}
        </>
      )}
    </Stack>
  );
}
