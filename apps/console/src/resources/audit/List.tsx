import { Box, Button, Typography } from '@mui/material';
import VerifiedIcon from '@mui/icons-material/VerifiedUserOutlined';
import FactCheckIcon from '@mui/icons-material/FactCheckOutlined';
import { JsonView } from '../../code/JsonView.tsx';
import { formatCount, formatDateTime } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { FilterChoice, FilterPeriod, FilterSearch, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Identifier } from '../../ui/Snippet.tsx';
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

/** Kinds of what entries are about, as the log writes them. */
const TARGETS = [
  'alert',
  'answer',
  'audit',
  'budget',
  'chat_settings',
  'comparison',
  'connection',
  'data_key',
  'flag',
  'invitation',
  'key',
  'kill_switch',
  'limits',
  'member',
  'pair',
  'policy',
  'price',
  'privacy_settings',
  'rollout',
  'run',
  'sampling',
  'secret',
  'session',
  'skill',
  'tenant',
  'tool',
].map((kind) => ({ value: kind, label: kind.replaceAll('_', ' ') }));

export function List() {
  const mayVerify = useCan('audit.verify');
  const verify = useVerify();
  return (
    <LongList<AuditEvent>
      resource="audit"
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
      above={
        <>
          <VerifyOutcome verify={verify} />
          <StreamTrouble />
        </>
      }
      filters={
        <ListFilters>
          <FilterSearch name="text" label="Search entries and code" />
          <FilterSearch name="action" label="Action, such as connection.added" />
          <FilterSearch name="actor" label="Who" />
          <FilterChoice name="targetKind" label="On what" any="Anything" options={TARGETS} />
          <FilterPeriod />
        </ListFilters>
      }
      nothing={{
        icon: FactCheckIcon,
        title: 'The log is empty',
        text: 'Every change of a setting and every run is written down here, each entry chained to the one before it.',
        filtered: 'No event matches these filters',
      }}
      label="Audit events"
      columns={COLUMNS}
      detail={(event) => <Detail event={event} />}
      below={<Keeping />}
    />
  );
}
