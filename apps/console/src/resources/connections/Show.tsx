import { Alert, AlertTitle, Box, Button, LinearProgress, Tab, Tabs } from '@mui/material';
import RefreshIcon from '@mui/icons-material/Refresh';
import { useEffect, useRef, useState } from 'react';
import { useNotify } from 'react-admin';
import { useNavigate, useParams, useSearchParams } from 'react-router-dom';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatDateTime, plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Snippet } from '../../ui/Snippet.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolTable } from '../tools/ToolTable.tsx';
import { AccountPanel } from '../../accounts/AccountPanel.tsx';
import { Credentials } from './Credentials.tsx';
import { CheckConnectionDocument, ConnectionDocument, RemoveConnectionDocument, type Connection } from './queries.ts';
import { Catalogue } from './Catalogue.tsx';
import { ShopHook } from './ShopHook.tsx';
import { Settings } from './Settings.tsx';
import { Sites } from './Sites.tsx';
import { SignInSettings } from './SignInSettings.tsx';
import { healthOf, kindLabel } from './words.ts';

function About({ connection }: { connection: Connection }) {
  const { command } = connection;
  return (
    <Section title="About">
      <Facts
        rows={[
          ['In code', <code key="n">{`import { … } from 'servers/${connection.name}'`}</code>],
          ['Kind', kindLabel(connection.kind)],
          ...(connection.url == null ? [] : ([['Address', connection.url]] as const)),
          [
            'Server',
            connection.serverName == null
              ? 'not known yet'
              : `${connection.serverName} ${connection.serverVersion ?? ''}`,
          ],
          ['Protocol', connection.protocolVersion ?? 'not known yet'],
          ['Last check', connection.checkedAt == null ? 'never' : <RelativeTime key="c" at={connection.checkedAt} />],
          ['Added', formatDateTime(connection.createdAt)],
        ]}
      />
      {command && (
        <Box sx={{ mt: 1.5 }}>
          <Snippet text={[command.command, ...command.args].join(' ')} label="command" />
          {command.env.length > 0 && (
            <Box sx={{ mt: 0.5, fontSize: 13, color: 'text.secondary' }}>
              Sees the variables {command.env.join(', ')}, and no others.
            </Box>
          )}
        </Box>
      )}
      {connection.instructions != null && (
        <Alert severity="info" variant="outlined" sx={{ mt: 2 }}>
          <AlertTitle sx={{ fontSize: 13 }}>What the server says about itself</AlertTitle>
          <Box sx={{ whiteSpace: 'pre-wrap', maxHeight: 160, overflow: 'auto', fontSize: 13 }}>
            {connection.instructions}
          </Box>
        </Alert>
      )}
    </Section>
  );
}

/** A server of the installation's own that works for nothing of the tenant's: it has no credentials, and stays. */
const isPartOfUs = ({ kind, preset }: Connection): boolean => kind === 'builtin' && preset == null;

/** The server that reads sites and searches in them. */
const readsSites = (connection: Connection): boolean => isPartOfUs(connection) && connection.name === 'content';

function ConnectionPage({ connection }: { connection: Connection }) {
  const mayWrite = useCan('connections.write');
  const notify = useNotify();
  const navigate = useNavigate();
  const [tab, setTab] = useState<'sites' | 'tools' | 'settings'>(readsSites(connection) ? 'sites' : 'tools');
  const [removing, setRemoving] = useState(false);
  const check = useChange(CheckConnectionDocument, {
    done: ({ checkConnection: { health, healthDetail, toolCount } }) =>
      notify(
        health === 'ready'
          ? `It answers, with ${plural(toolCount, 'tool')}.`
          : `It is ${health}${healthDetail == null ? '' : `: ${healthDetail}`}`,
        { type: health === 'ready' ? 'success' : 'warning', autoHideDuration: 6000 },
      ),
  });
  const [params, setParams] = useSearchParams();
  const isBack = params.get('connected') !== null;
  const begun = useRef(false);
  useEffect(() => {
    if (!isBack || begun.current) return; // back from the authorization server: now its tools can be read
    begun.current = true;
    notify('The account is connected.', { type: 'success' });
    setParams({}, { replace: true });
    if (mayWrite) check.mutate({ id: connection.id });
  }, [isBack, mayWrite, notify, setParams, check, connection.id]);
  const remove = useChange(RemoveConnectionDocument, {
    say: `${connection.title} was removed.`,
    done: () => navigate('/connections'),
  });
  return (
    <Page
      title={connection.title}
      mark={<StatusChip kind="health" value={healthOf(connection)} />}
      parent={{ label: 'Connections', to: '/connections' }}
      wide
      actions={
        mayWrite && (
          <>
            {!isPartOfUs(connection) && (
              <Button color="error" onClick={() => setRemoving(true)}>
                Remove
              </Button>
            )}
            <Button
              variant="outlined"
              startIcon={<RefreshIcon />}
              loading={check.isPending}
              onClick={() => check.mutate({ id: connection.id })}
              data-testid="check-now"
            >
              Check now
            </Button>
          </>
        )
      }
    >
      {check.isPending && <LinearProgress sx={{ mb: 2, borderRadius: 1 }} aria-label="Checking the connection" />}
      {connection.enabled && connection.health !== 'ready' && connection.healthDetail != null && (
        <Alert severity={connection.health === 'unreachable' ? 'error' : 'warning'} sx={{ mb: 2 }}>
          {connection.healthDetail}
        </Alert>
      )}
      {!connection.enabled && (
        <Alert severity="info" sx={{ mb: 2 }}>
          This connection is switched off: its tools are neither found nor callable. Switch it on under Settings.
        </Alert>
      )}
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0,1fr)', lg: 'minmax(0, 1fr) 380px' },
          alignItems: 'start',
        }}
      >
        <Box sx={{ minWidth: 0, gridRow: { xs: 2, lg: 1 } }}>
          <Tabs
            value={tab}
            onChange={(_, next: 'sites' | 'tools' | 'settings') => setTab(next)}
            sx={{ mb: 1.5 }}
            aria-label="Parts of the connection"
          >
            {readsSites(connection) && <Tab value="sites" label="Sites" />}
            <Tab value="tools" label={`Tools (${connection.toolCount})`} />
            <Tab value="settings" label="Settings and credentials" />
          </Tabs>
          {tab === 'sites' && <Sites />}
          {tab === 'tools' && <ToolTable connectionId={connection.id} />}
          {tab === 'settings' && (
            <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
              <Settings key={connection.updatedAt} connection={connection} />
              {connection.kind === 'http' && (
                <SignInSettings key={`${connection.updatedAt} sign-in`} connection={connection} />
              )}
              {!isPartOfUs(connection) && <Credentials connection={connection} />}
            </Box>
          )}
        </Box>
        <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
          {connection.account && (
            <AccountPanel
              connectionId={connection.id}
              heading={connection.oauth === 'personal' ? 'Your account' : 'The tenant’s account'}
              meaning={
                connection.oauth === 'personal'
                  ? 'Each member connects an own account under “Your accounts”. With yours the tools are read.'
                  : 'Its tools can be read and called when an admin has connected an account.'
              }
              account={connection.account}
              mayChange={mayWrite || connection.oauth === 'personal'}
            />
          )}
          <About connection={connection} />
          {connection.kind === 'builtin' && connection.preset != null && (
            <>
              <Catalogue connectionId={connection.id} enabled={connection.enabled} />
              <ShopHook connectionId={connection.id} preset={connection.preset} />
            </>
          )}
        </Box>
      </Box>
      <Confirm
        open={removing}
        title={`Remove ${connection.title}?`}
        act="Remove connection"
        grave
        busy={remove.isPending}
        onAct={() => remove.mutate({ id: connection.id })}
        onClose={() => setRemoving(false)}
      >
        Its {plural(connection.toolCount, 'tool')} can no longer be called, and its credentials are destroyed. Runs and
        the audit log keep what they recorded.
      </Confirm>
    </Page>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(ConnectionDocument, { id });
  if (data) return <ConnectionPage connection={data.connection} />;
  if (error) return <Problem error={error} retry={() => void refetch()} title="This connection cannot be shown" tall />;
  return <PageSkeleton />;
}
