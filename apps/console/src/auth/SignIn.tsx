import { Alert, Box } from '@mui/material';
import { useLocation } from 'react-router-dom';
import { Front } from './Front.tsx';
import { SignInForm } from './SignInForm.tsx';
import { useEnter } from './use-enter.ts';

interface Wanted {
  readonly nextPathname?: string;
  readonly nextSearch?: string;
}

/** Single sign-on comes back with the reason when it did not work. */
const refusal = (): string | null => new URLSearchParams(window.location.search).get('error');

export function SignIn() {
  const wanted = useLocation().state as Wanted | null;
  const enter = useEnter();
  const refused = refusal();
  return (
    <Front title="Sign in" lead="See what your agents’ code may do, what it did, and what policy stopped.">
      {refused !== null && (
        <Box sx={{ mb: 2 }}>
          <Alert severity="error">
            Single sign-on did not work ({refused.replaceAll('_', ' ').slice(0, 80)}). Try again, or ask an admin to
            invite the address that your provider names.
          </Alert>
        </Box>
      )}
      <SignInForm
        onSignedIn={() => enter(wanted?.nextPathname && `${wanted.nextPathname}${wanted.nextSearch ?? ''}`)}
      />
    </Front>
  );
}
