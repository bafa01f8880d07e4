import { Alert, Button, List, ListItem, ListItemIcon, ListItemText, MenuItem, Stack, TextField } from '@mui/material';
import CheckIcon from '@mui/icons-material/Check';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { messageOf } from '../api/errors.ts';
import { activateTenant, answerConsent, readClientName, readMe } from './api.ts';
import { Front } from './Front.tsx';
import { leaveFor, oauthQuery } from './oauth-query.ts';

const MEANING: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name',
  email: 'See your e-mail address',
  offline_access: 'Stay connected until you take the access away',
  tools: 'Search and read about the tools that you may use',
  runs: 'Run code that calls those tools, as you',
};

/** An outside program (an MCP client) asks to act for the signed-in person, in one of their tenants. */
export function Consent() {
  const [search] = useSearchParams();
  const clientId = search.get('client_id') ?? '';
  const scopes = (search.get('scope') ?? '').split(/\s+/).filter(Boolean);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState<'yes' | 'no'>();
  const [chosen, setChosen] = useState<string>();
  const once = { retry: false, refetchOnWindowFocus: false } as const;
  const me = useQuery({ queryKey: ['auth', 'me'], queryFn: async () => (await readMe()) ?? null, ...once });
  const name = useQuery({ queryKey: ['auth', 'client', clientId], queryFn: () => readClientName(clientId), ...once });
  const tenants = me.data?.tenants ?? [];
  const tenantId = chosen ?? (me.data?.activeTenantId || tenants[0]?.id) ?? '';

  async function answer(accept: boolean) {
    setBusy(accept ? 'yes' : 'no');
    setProblem(undefined);
    try {
      if (accept && tenantId !== '') await activateTenant(tenantId);
      const url = await answerConsent(accept, oauthQuery() ?? '');
      if (url === '') setProblem('The program gave no address to go back to. You may close this page.');
      else leaveFor(url);
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(undefined);
    }
  }

  if (me.data === null)
    return (
      <Front
        title="Sign in first"
        lead="Your session has ended meanwhile. Start again from the program that sent you here."
      >
        <span />
      </Front>
    );
  return (
    <Front
      title="Allow access?"
      lead={
        <>
          The program <strong>{name.data || clientId || 'without a name'}</strong> asks to use Switchyard for you. Allow
          it only if you have just started this yourself.
        </>
      }
    >
      <Stack spacing={2}>
        {problem !== undefined && (
          <Alert severity="error" role="alert">
            {problem}
          </Alert>
        )}
        <List dense disablePadding aria-label="What it will be able to do">
          {scopes.map((scope) => (
            <ListItem key={scope} disableGutters>
              <ListItemIcon sx={{ minWidth: 32 }}>
                <CheckIcon fontSize="small" color="success" />
              </ListItemIcon>
              <ListItemText primary={MEANING[scope] ?? scope} />
            </ListItem>
          ))}
        </List>
        {tenants.length > 1 && (
          <TextField select label="In the tenant" value={tenantId} onChange={(event) => setChosen(event.target.value)}>
            {tenants.map((tenant) => (
              <MenuItem key={tenant.id} value={tenant.id}>
                {tenant.name}
              </MenuItem>
            ))}
          </TextField>
        )}
        <Stack direction="row" spacing={1.5}>
          <Button variant="contained" onClick={() => void answer(true)} loading={busy === 'yes'} fullWidth>
            Allow
          </Button>
          <Button variant="outlined" onClick={() => void answer(false)} loading={busy === 'no'} fullWidth>
            Refuse
          </Button>
        </Stack>
      </Stack>
    </Front>
  );
}
