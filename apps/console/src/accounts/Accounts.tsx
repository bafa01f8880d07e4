import { Alert, Box, Paper } from '@mui/material';
import LinkIcon from '@mui/icons-material/LinkOutlined';
import { useEffect, useRef } from 'react';
import { useNotify } from 'react-admin';
import { useSearchParams } from 'react-router-dom';
import { useApi, useChange } from '../api/use-api.ts';
import { CheckConnectionDocument } from '../resources/connections/queries.ts';
import { useCan } from '../session/use-viewer.ts';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Page } from '../ui/Page.tsx';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { AccountPanel } from './AccountPanel.tsx';
import { AccountsDocument } from './queries.ts';
import { refusalOf } from './words.ts';

/** Says once that the browser is back with an account; with it an admin's tools are read, which nobody could before. */
function useReturned(connected: string | null, forget: () => void): void {
  const mayCheck = useCan('connections.write');
  const notify = useNotify();
  const check = useChange(CheckConnectionDocument, { quiet: true });
  const told = useRef<string | null>(null);
  useEffect(() => {
    if (connected === null || told.current === connected) return;
    told.current = connected;
    notify('Your account is connected.', { type: 'success' });
    if (mayCheck) check.mutate({ id: connected });
    forget();
  }, [connected, mayCheck, notify, check, forget]);
}

export default function Accounts() {
  const [params, setParams] = useSearchParams();
  const { data, error, refetch } = useApi(AccountsDocument, {});
  useReturned(params.get('connected'), () => setParams({}, { replace: true }));
  const refused = params.get('refused');
  if (error) return <Problem error={error} retry={() => void refetch()} tall />;
  if (!data) return <PageSkeleton />;
  return (
    <Page
      title="Your accounts"
      lead="Tool servers at which your calls are made in your own name. Nobody else’s calls ever use your account, and you never use theirs."
    >
      {refused !== null && (
        <Alert severity="error" role="alert" sx={{ mb: 2 }} onClose={() => setParams({}, { replace: true })}>
          {refusalOf(refused)}
        </Alert>
      )}
      {data.accounts.length === 0 ? (
        <Paper variant="outlined">
          <EmptyState icon={LinkIcon} title="No account is asked of you">
            An admin can let a connection work with each member’s own account. It then stands here, to be connected.
          </EmptyState>
        </Paper>
      ) : (
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'repeat(2, minmax(0, 1fr))' },
            alignItems: 'start',
          }}
        >
          {data.accounts.map(({ connectionId, title, account }) => (
            <AccountPanel
              key={connectionId}
              connectionId={connectionId}
              heading={title}
              meaning="Your calls to its tools fail until you have connected your account. You are sent to its server, and come back here."
              account={account}
              mayChange
            />
          ))}
        </Box>
      )}
    </Page>
  );
}
