import { Button, Link as MuiLink } from '@mui/material';
import BookmarkIcon from '@mui/icons-material/BookmarkBorderOutlined';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatCount } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import { useNow } from '../../ui/use-now.ts';
import { RememberedApprovalsDocument, RevokeRememberedApprovalDocument, type Remembered as Row } from './queries.ts';
import { scopeLabel } from './words.ts';

const stateOf = (row: Row, now: number): string =>
  row.revokedAt != null
    ? 'revoked'
    : new Date(row.expiresAt).getTime() <= now
      ? 'expired'
      : row.granted
        ? 'granted'
        : 'denied';

export default function Remembered() {
  const mayRevoke = useCan('approvals.decide');
  const now = useNow();
  const { data, error, refetch } = useApi(RememberedApprovalsDocument, {});
  const [revoking, setRevoking] = useState<Row>();
  const revoke = useChange(RevokeRememberedApprovalDocument, {
    say: 'Revoked: people are asked again.',
    done: () => setRevoking(undefined),
  });
  const columns: readonly Column<Row>[] = [
    {
      key: 'state',
      label: 'State',
      width: 150,
      render: (row) => <StatusChip kind="remembered" value={stateOf(row, now)} />,
    },
    { key: 'tool', label: 'Tool', render: (row) => <ToolName server={row.server} tool={row.tool} /> },
    { key: 'scope', label: 'For', render: (row) => scopeLabel(row.scope) },
    { key: 'who', label: 'Of whom', from: 'sm', render: (row) => row.principalName },
    {
      key: 'by',
      label: 'Decided by',
      from: 'md',
      render: (row) => (
        <MuiLink component={Link} to={`/approvals/${row.approvalId}/show`}>
          {row.createdBy}
        </MuiLink>
      ),
    },
    { key: 'uses', label: 'Times used', from: 'md', align: 'right', render: (row) => formatCount(row.uses) },
    {
      key: 'until',
      label: 'Until',
      from: 'sm',
      render: (row) =>
        row.revokedAt == null ? (
          <RelativeTime at={row.expiresAt} />
        ) : (
          <>
            revoked by {row.revokedBy ?? '–'} <RelativeTime at={row.revokedAt} />
          </>
        ),
    },
    {
      key: 'act',
      label: '',
      align: 'right',
      render: (row) =>
        mayRevoke && ['granted', 'denied'].includes(stateOf(row, now)) ? (
          <Button size="small" color="error" onClick={() => setRevoking(row)} data-testid="revoke">
            Revoke
          </Button>
        ) : null,
    },
  ];
  return (
    <Page
      title="Remembered decisions"
      parent={{ label: 'Approvals', to: '/approvals' }}
      lead="Calls like these are decided without asking anybody: of the same caller, the same tool as it was then, until they expire."
      wide
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <RowsSkeleton />
      ) : (
        <Section flush>
          {data.rememberedApprovals.length === 0 ? (
            <EmptyState icon={BookmarkIcon} title="Nothing is remembered">
              Whoever decides on an approval can say that calls like it need not be asked again. That is listed here,
              and can be taken back.
            </EmptyState>
          ) : (
            <DataTable
              label="Remembered decisions"
              rows={data.rememberedApprovals}
              columns={columns}
              rowKey={({ id }) => id}
            />
          )}
        </Section>
      )}
      <Confirm
        open={revoking !== undefined}
        title="Ask people again?"
        act="Revoke"
        grave
        busy={revoke.isPending}
        onAct={() => revoking && revoke.mutate({ id: revoking.id })}
        onClose={() => setRevoking(undefined)}
      >
        {revoking && (
          <>
            From now on {revoking.server}.{revoking.tool} of {revoking.principalName} waits for a person again, where a
            rule says so.
          </>
        )}
      </Confirm>
    </Page>
  );
}
