import { Box, Button, Typography } from '@mui/material';
import VerifiedIcon from '@mui/icons-material/VerifiedUserOutlined';
import FactCheckIcon from '@mui/icons-material/FactCheckOutlined';
import { ListBase } from 'react-admin';
import { JsonView } from '../../code/JsonView.tsx';
import { formatCount, formatDateTime } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Choice } from '../../ui/Choice.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page } from '../../ui/Page.tsx';
import { PagedList, SHOWN_IN_PLACE } from '../../ui/PagedList.tsx';
import { PERIODS } from '../../ui/periods.ts';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { Identifier } from '../../ui/Snippet.tsx';
import { useFilters } from '../../ui/use-filters.ts';
import { surfaceLabel } from '../runs/words.ts';
import { ExportMenu } from './ExportMenu.tsx';
import { Keeping, StreamTrouble } from './Keeping.tsx';
import type { AuditEvent } from './queries.ts';
import { useVerify } from './use-verify.ts';
import { VerifyOutcome } from './VerifyOutcome.tsx';

const COLUMNS: readonly Column<AuditEvent>[] = [
  { key: 'seq', label: 'No.', align: 'right', width: 64, from: 'sm', render: (event) => formatCount(event.seq) },
  {
    key: 'what',
    label: 'What',
    render: (event) => (
      <>
        <code>{event.action}</code>
        <Typography
          component="span"
          variant="caption"
          color="textSecondary"
          sx={{ display: { xs: 'block', sm: 'none' } }}
        >
          {event.actorName}
        </Typography>
      </>
    ),
  },
  {
    key: 'target',
    label: 'On what',
    from: 'md',
    cut: true,
    render: (event) => (
      <>
        {event.targetKind}{' '}
        <Box component="code" sx={{ color: 'text.secondary' }}>
          {event.targetId}
        </Box>
      </>
    ),
  },
  {
    key: 'who',
    label: 'Who',
    from: 'sm',
    render: (event) => <Box sx={{ whiteSpace: 'nowrap' }}>{event.actorName}</Box>,
  },
  { key: 'at', label: 'When', render: (event) => <RelativeTime at={event.at} /> },
];

function Detail({ event }: { event: AuditEvent }) {
  const changed = event.before != null || event.after != null;
  return (
    <Box
      sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: 'minmax(0,1fr)', md: 'minmax(0,1fr) minmax(0,1fr)' } }}
    >
      <Facts
        rows={[
          ['At', formatDateTime(event.at)],
          ['Who', `${event.actorName} (${event.actorKind}), through ${surfaceLabel(event.surface)}`],
          ['From', event.ip ?? '–'],
          [
            'On what',
            <Identifier
              key="target"
              label="target id"
              value={event.targetId}
              shown={`${event.targetKind} ${event.targetId}`}
            />,
          ],
          ['Policy', event.policyRevision == null ? '–' : `revision ${event.policyRevision}`],
          ...(event.codeHash == null
            ? []
            : ([['Code hash', <Identifier key="code" label="code hash" value={event.codeHash} />]] as const)),
          ['Trace', <Identifier key="trace" label="trace id" value={event.traceId} />],
          ['Hash', <Identifier key="hash" label="hash" value={event.hash} />],
          ['Link before', <Identifier key="before" label="previous hash" value={event.previousHash} />],
        ]}
      />
      <Box sx={{ minWidth: 0 }}>
        <Typography variant="caption" color="textSecondary">
          {event.before == null
            ? 'What was written down'
            : event.after == null
              ? 'As it was, before it was taken away'
              : 'Before and after'}
        </Typography>
        {event.before != null && event.after != null ? (
          <Diff before={event.before} after={event.after} label="Before and after" />
        ) : changed ? (
          <JsonView value={event.after ?? event.before} label="setting" />
        ) : (
          <Typography variant="body2" color="textSecondary">
            This event changed no setting.
          </Typography>
        )}
      </Box>
    </Box>
  );
}

const TARGETS = [
  'connection',
  'tool',
  'policy',
  'key',
  'member',
  'invitation',
  'run',
  'session',
  'secret',
  'data_key',
  'tenant',
  'audit',
];

function Filters() {
  const { get, set, clear, active } = useFilters();
  return (
    <FilterBar onClear={active ? clear : undefined}>
      <SearchField
        label="Search entries, code, tools, arguments"
        value={get('text')}
        onChange={(text) => set('text', text)}
      />
      <SearchField
        label="Action, such as connection.added"
        value={get('action')}
        onChange={(action) => set('action', action)}
      />
      <SearchField label="Who" value={get('actor')} onChange={(actor) => set('actor', actor)} />
      <Choice
        label="On what"
        any="Anything"
        value={get('targetKind')}
        onChange={(kind) => set('targetKind', kind)}
        options={TARGETS.map((kind) => ({ value: kind, label: kind }))}
      />
      <Choice
        label="Period"
        any="All time"
        value={get('period')}
        onChange={(period) => set('period', period)}
        options={PERIODS}
      />
    </FilterBar>
  );
}

function Empty() {
  const { active, clear } = useFilters();
  return active ? (
    <EmptyState
      icon={FactCheckIcon}
      title="No event matches these filters"
      action={
        <Button variant="outlined" onClick={clear}>
          Clear filters
        </Button>
      }
    />
  ) : (
    <EmptyState icon={FactCheckIcon} title="The log is empty">
      Every change of a setting and every run is written down here, each entry chained to the one before it.
    </EmptyState>
  );
}

export function List() {
  const mayVerify = useCan('audit.verify');
  const verify = useVerify();
  return (
    <ListBase resource="audit" perPage={25} storeKey={false} disableAuthentication queryOptions={SHOWN_IN_PLACE}>
      <Page
        title="Audit log"
        lead="Who did what, and when. Each entry carries the hash of the one before it, so that a changed or missing entry is found."
        actions={
          <>
            <ExportMenu />
            {mayVerify && (
              <Button
                variant="contained"
                startIcon={<VerifiedIcon />}
                onClick={verify.start}
                loading={verify.running}
                data-testid="verify"
              >
                Verify the log
              </Button>
            )}
          </>
        }
        wide
      >
        <VerifyOutcome verify={verify} />
        <StreamTrouble />
        <Filters />
        <PagedList<AuditEvent> empty={<Empty />}>
          {(rows, stale) => (
            <DataTable
              label="Audit events"
              rows={rows}
              columns={COLUMNS}
              rowKey={(event) => event.id}
              detail={(event) => <Detail event={event} />}
              faded={stale}
            />
          )}
        </PagedList>
        <Box sx={{ mt: 2.5 }}>
          <Keeping />
        </Box>
      </Page>
    </ListBase>
  );
}
