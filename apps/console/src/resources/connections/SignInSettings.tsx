import { Alert, Button, Stack } from '@mui/material';
import { useState, type FormEvent } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Section } from '../../ui/Page.tsx';
import { OAuthFields, type OAuthChoice } from './OAuthFields.tsx';
import { UpdateConnectionDocument, type Connection } from './queries.ts';

/** How a connection over HTTP signs in. */
export function SignInSettings({ connection }: { connection: Connection }) {
  const mayWrite = useCan('connections.write');
  const before: OAuthChoice = {
    mode: connection.oauth,
    clientId: connection.oauthClient?.clientId ?? '',
    clientSecret: '',
    scopes: connection.oauthScopes ?? '',
  };
  const [value, setValue] = useState(before);
  const [problem, setProblem] = useState<string>();
  const update = useChange(UpdateConnectionDocument, { quiet: true, say: 'How it signs in was saved.' });
  const withClient = value.clientId !== before.clientId || value.clientSecret !== '';
  const changed = withClient || value.mode !== before.mode || value.scopes !== before.scopes;
  const givesUp = value.mode !== before.mode && before.mode !== 'none';

  function submit(event: FormEvent) {
    event.preventDefault();
    setProblem(undefined);
    const { mode, clientId, clientSecret, scopes } = value;
    const client = withClient ? { clientId, ...(clientSecret === '' ? {} : { clientSecret }) } : {};
    update.mutate(
      { input: { id: connection.id, expectedUpdatedAt: connection.updatedAt, oauth: { mode, scopes, ...client } } },
      { onError: (error) => setProblem(messageOf(error)) },
    );
  }

  return (
    <Section title="Sign-in">
      <form onSubmit={submit} aria-label="Sign-in">
        <Stack spacing={2} sx={{ maxWidth: 520 }}>
          {problem !== undefined && (
            <Alert severity="error" role="alert">
              {problem}
            </Alert>
          )}
          <OAuthFields
            value={value}
            onChange={setValue}
            disabled={!mayWrite}
            redirectUrl={connection.oauthRedirectUrl}
            hasSecret={connection.oauthClient?.hasSecret ?? false}
          />
          {givesUp && (
            <Alert severity="warning">Whatever was connected so far is forgotten, and has to be connected anew.</Alert>
          )}
          {mayWrite && (
            <Button
              type="submit"
              variant="contained"
              disabled={!changed}
              loading={update.isPending}
              sx={{ alignSelf: 'flex-start' }}
            >
              Save sign-in
            </Button>
          )}
        </Stack>
      </form>
    </Section>
  );
}
