import { Alert, Box, Button, Typography } from '@mui/material';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { useChange } from '../api/use-api.ts';
import { formatDateTime } from '../format.ts';
import { Confirm } from '../ui/Confirm.tsx';
import { Facts } from '../ui/Facts.tsx';
import { Section } from '../ui/Page.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { StatusChip } from '../ui/StatusChip.tsx';
import { ConnectAccountDocument, DisconnectAccountDocument, TestCredentialDocument, type Account } from './queries.ts';

interface Props {
  readonly connectionId: string;
  /** Over the panel: whose account, or at what. */
  readonly heading: string;
  /** What calls upstream look like with it. */
  readonly meaning: string;
  readonly account: Account;
  readonly mayChange: boolean;
}

function rowsOf(account: Account): (readonly [string, React.ReactNode])[] {
  const { connectedBy, connectedAt, endsAt, renewedAt, issuer, scopes } = account;
  return [
    ['As', account.account ?? 'not told by the server'],
    ...(issuer == null ? [] : [['Signed in at', issuer] as const]),
    ...(connectedBy == null || connectedAt == null
      ? []
      : [['Connected', `by ${connectedBy}, ${formatDateTime(connectedAt)}`] as const]),
    ...(account.state === 'needs_reconnect'
      ? []
      : [['Access', endsAt == null ? 'renewed by itself' : `until ${formatDateTime(endsAt)}`] as const]),
    ...(renewedAt == null ? [] : [['Renewed', <RelativeTime key="r" at={renewedAt} />] as const]),
    ...(scopes.length === 0 ? [] : [['May', scopes.join(', ')] as const]),
  ];
}

/** An account upstream and what can be done with it. Its tokens are nowhere on the screen, nor in what the screen gets. */
export function AccountPanel({ connectionId, heading, meaning, account, mayChange }: Props) {
  const notify = useNotify();
  const [leaving, setLeaving] = useState(false);
  const connect = useChange(ConnectAccountDocument, {
    done: ({ connectAccount: { url } }) => window.location.assign(url),
  });
  const disconnect = useChange(DisconnectAccountDocument, {
    done: ({ disconnectAccount: { revoked } }) => {
      setLeaving(false);
      notify(
        revoked
          ? 'The account was disconnected, and its access revoked.'
          : 'The account was disconnected here. Its server was not told: end the access there too.',
        { type: revoked ? 'success' : 'warning', autoHideDuration: 8000 },
      );
    },
  });
  const test = useChange(TestCredentialDocument, {
    done: ({ testCredential: { works, message } }) =>
      notify(message, { type: works ? 'success' : 'warning', autoHideDuration: 8000 }),
  });
  const isConnected = account.state !== 'not_connected';
  const isFine = account.state === 'connected';
  return (
    <Section title={heading} aside={<StatusChip kind="account" value={account.state} />}>
      <Box
        data-testid={`account-${connectionId}`}
        sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}
      >
        {account.problem != null && <Alert severity="error">{account.problem}</Alert>}
        {account.state === 'expires_soon' && (
          <Alert severity="warning">
            Its server gives no way to renew access: connect it anew before it ends, or calls will fail.
          </Alert>
        )}
        {isConnected ? (
          <Facts rows={rowsOf(account)} />
        ) : (
          <Typography variant="body2" color="textSecondary">
            {meaning}
          </Typography>
        )}
        {mayChange && (
          <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
            <Button
              variant={isFine ? 'outlined' : 'contained'}
              loading={connect.isPending}
              onClick={() => connect.mutate({ connectionId })}
              data-testid="connect-account"
            >
              {isConnected ? 'Connect anew' : 'Connect'}
            </Button>
            {isConnected && account.state !== 'needs_reconnect' && (
              <Button
                loading={test.isPending}
                onClick={() => test.mutate({ connectionId })}
                data-testid="test-credential"
              >
                Test
              </Button>
            )}
            {isConnected && (
              <Button color="error" onClick={() => setLeaving(true)} data-testid="disconnect-account">
                Disconnect
              </Button>
            )}
          </Box>
        )}
      </Box>
      <Confirm
        open={leaving}
        title="Disconnect this account?"
        act="Disconnect"
        grave
        busy={disconnect.isPending}
        onAct={() => disconnect.mutate({ connectionId })}
        onClose={() => setLeaving(false)}
      >
        Its access is revoked where its server offers that, and destroyed here. Calls that need it fail until an account
        is connected again.
      </Confirm>
    </Section>
  );
}
