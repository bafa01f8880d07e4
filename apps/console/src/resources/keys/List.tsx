import { Box, Button, Chip, Typography } from '@mui/material';
import AddIcon from '@mui/icons-material/Add';
import KeyIcon from '@mui/icons-material/KeyOutlined';
import { useState } from 'react';
import { useApi, useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { useNow } from '../../ui/use-now.ts';
import { CreateKey } from './CreateKey.tsx';
import { ApiKeysDocument, RevokeApiKeyDocument, type ApiKey } from './queries.ts';

const SOON_MS = 14 * 86_400_000;

function Expiry({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (at == null) return <>never</>;
  const left = new Date(at).getTime() - now;
  return (
    <Box component="span" sx={{ color: left < 0 ? 'error.main' : left < SOON_MS ? 'warning.main' : 'inherit' }}>
      {left < 0 && 'expired '}
      <RelativeTime at={at} />
    </Box>
  );
}

const columns = (onRevoke: ((key: ApiKey) => void) | undefined): readonly Column<ApiKey>[] => [
  {
    key: 'name',
    label: 'Name',
    render: (key) => (
      <>
        <Box sx={{ fontWeight: 550, overflowWrap: 'anywhere' }}>{key.name}</Box>
        <Typography variant="caption" color="textSecondary">
          <code>{key.prefix}…</code>
        </Typography>
      </>
    ),
  },
  {
    key: 'scopes',
    label: 'May',
    from: 'sm',
    render: (key) => (
      <Box sx={{ display: 'flex', gap: 0.5, flexWrap: 'wrap' }}>
        {key.scopes.map((scope) => (
          <Chip
            key={scope}
            size="small"
            label={scope}
            variant="outlined"
            color={scope === 'admin' ? 'warning' : 'default'}
          />
        ))}
      </Box>
    ),
  },
  {
    key: 'used',
    label: 'Last used',
    render: (key) => (key.lastUsedAt == null ? 'never' : <RelativeTime at={key.lastUsedAt} />),
  },
  { key: 'expires', label: 'Expires', from: 'md', render: (key) => <Expiry at={key.expiresAt} /> },
  { key: 'created', label: 'Made', from: 'md', render: (key) => <RelativeTime at={key.createdAt} /> },
  ...(onRevoke
    ? [
        {
          key: 'act',
          label: '',
          align: 'right' as const,
          render: (key: ApiKey) => (
            <Button size="small" color="error" onClick={() => onRevoke(key)} aria-label={`Revoke ${key.name}`}>
              Revoke
            </Button>
          ),
        },
      ]
    : []),
];

export function List() {
  const { data, error, refetch } = useApi(ApiKeysDocument, {});
  const mayWrite = useCan('keys.write');
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const revoke = useChange(RevokeApiKeyDocument, { say: 'The key was revoked.', done: () => setRevoking(undefined) });
  const create = mayWrite && (
    <Button variant="contained" startIcon={<AddIcon />} onClick={() => setCreating(true)} data-testid="create-key">
      Create a key
    </Button>
  );
  const keys = data?.apiKeys ?? [];
  return (
    <Page
      title="API keys"
      lead="For programs and MCP clients. A key acts for this tenant, within its scopes and grants."
      actions={keys.length > 0 && create}
    >
      <Section flush>
        {data ? (
          keys.length === 0 ? (
            <EmptyState icon={KeyIcon} title="No keys yet" action={create}>
              A program, or an MCP client such as an IDE, shows a key to be let in.
            </EmptyState>
          ) : (
            <DataTable
              label="API keys"
              rows={keys}
              columns={columns(mayWrite ? setRevoking : undefined)}
              rowKey={(key) => key.id}
            />
          )
        ) : error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : (
          <RowsSkeleton rows={4} />
        )}
      </Section>
      {creating && <CreateKey onClose={() => setCreating(false)} />}
      <Confirm
        open={revoking !== undefined}
        title={`Revoke ${revoking?.name ?? ''}?`}
        act="Revoke key"
        grave
        busy={revoke.isPending}
        onAct={() => revoking && revoke.mutate({ id: revoking.id })}
        onClose={() => setRevoking(undefined)}
      >
        Whatever uses this key is refused from now on. It cannot be undone; you can create another key.
      </Confirm>
    </Page>
  );
}
