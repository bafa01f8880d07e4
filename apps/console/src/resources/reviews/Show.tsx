import { Box, Button, Chip, Link as MuiLink, Typography } from '@mui/material';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { formatCount, formatDateTime, formatDuration, formatMicros, formatShort } from '../../format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Identifier } from '../../ui/Snippet.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { RunRecord } from '../runs/RunRecord.tsx';
import { surfaceLabel } from '../runs/words.ts';
import { KeysDialog } from './KeysDialog.tsx';
import { ReviewDocument, ReviewQueueDocument, type Reviewed, type ReviewRow } from './queries.ts';
import { useKeys } from '../../ui/use-keys.ts';
import { VerdictForm } from './VerdictForm.tsx';
import { maskedIn, reasonLabel, stateOf } from './words.ts';

const SIMILAR: readonly Column<ReviewRow>[] = [
  {
    key: 'state',
    label: 'State',
    render: (item) => (
      <MuiLink component={Link} to={`/reviews/${item.id}/show`} underline="none">
        <StatusChip kind="review" value={stateOf(item)} />
      </MuiLink>
    ),
  },
  { key: 'who', label: 'Who', cut: true, render: (item) => item.principalName },
  { key: 'at', label: 'When', align: 'right', render: (item) => <RelativeTime at={item.createdAt} /> },
];

const EARLIER: readonly Column<Reviewed['earlierRuns'][number]>[] = [
  {
    key: 'status',
    label: 'Outcome',
    render: (run) => (
      <MuiLink component={Link} to={`/runs/${run.id}/show`} underline="none">
        <StatusChip kind="run" value={run.status} />
      </MuiLink>
    ),
  },
  { key: 'who', label: 'Who', cut: true, render: (run) => run.principalName },
  { key: 'at', label: 'When', align: 'right', render: (run) => <RelativeTime at={run.startedAt} /> },
];

function About({ review: { item, run, costMicros } }: { review: Reviewed }) {
  const masked = maskedIn(run);
  return (
    <Section title="About the run">
      <Facts
        rows={[
          ['Run', <Identifier key="run" label="run id" value={item.runId} />],
          ['Code hash', <Identifier key="hash" label="code hash" value={item.codeHash} />],
          ['Who', `${item.principalName} (${item.principalKind}), through ${surfaceLabel(item.surface)}`],
          ['Took', run.durationMs == null ? '–' : formatDuration(run.durationMs)],
          ['Calls', run.deniedCount > 0 ? `${run.callCount}, ${run.deniedCount} denied` : formatCount(run.callCount)],
          ['Tokens', `${formatShort(run.tokensReturned)} returned, ${formatShort(run.tokensKeptOut)} kept out`],
          ['Cost', costMicros == null ? 'no priced model call is tied to it' : formatMicros(costMicros)],
          [
            'Masked',
            <span key="masked" data-testid="masked">
              {masked.length === 0
                ? 'nothing that was recognised'
                : masked.map(({ kind, count, where }) => `${count} × ${kind} (${where})`).join('; ')}
            </span>,
          ],
        ]}
      />
    </Section>
  );
}

function Similar({ review: { similar, earlierRuns } }: { review: Reviewed }) {
  if (similar.length + earlierRuns.length === 0)
    return (
      <Section title="Similar runs">
        <Typography variant="body2" color="textSecondary">
          No other run had this code, or code built like it.
        </Typography>
      </Section>
    );
  return (
    <>
      {similar.length > 0 && (
        <Section title="Reviews of code like this" flush>
          <DataTable label="Similar reviews" rows={similar} columns={SIMILAR} rowKey={(item) => item.id} />
        </Section>
      )}
      {earlierRuns.length > 0 && (
        <Section title="Runs of code like this" flush>
          <DataTable label="Similar runs" rows={earlierRuns} columns={EARLIER} rowKey={(run) => run.id} />
        </Section>
      )}
    </>
  );
}

function ReviewPage({ review }: { review: Reviewed }) {
  const { item, run } = review;
  const navigate = useNavigate();
  const [helping, setHelping] = useState(false);
  const { data: queue } = useApi(ReviewQueueDocument, {});
  const waiting = [...(queue?.second.items ?? []), ...(queue?.open.items ?? [])].map(({ id }) => id);
  const at = waiting.indexOf(item.id);
  const next = at < 0 ? waiting[0] : waiting[at + 1];
  const previous = waiting[at - 1];
  const go = (id: string | undefined): void => void (id !== undefined && navigate(`/reviews/${id}/show`));
  useKeys({
    j: () => go(next),
    k: () => go(previous),
    q: () => void navigate('/reviews'),
    '?': () => setHelping(true),
  });
  return (
    <Page
      title={`Run of ${formatDateTime(run.startedAt)}`}
      mark={<StatusChip kind="review" value={stateOf(item)} />}
      parent={{ label: 'Review', to: '/reviews' }}
      lead={
        <Box component="span" sx={{ display: 'inline-flex', gap: 0.5, flexWrap: 'wrap', alignItems: 'center' }}>
          {item.reasons.map((reason) => (
            <Chip key={reason} size="small" variant="outlined" label={reasonLabel(reason)} />
          ))}
          <StatusChip kind="run" value={run.status} />
        </Box>
      }
      actions={
        <>
          <Button onClick={() => setHelping(true)}>Keys</Button>
          <Button onClick={() => go(previous)} disabled={previous === undefined}>
            Previous
          </Button>
          <Button variant="outlined" onClick={() => go(next)} disabled={next === undefined} data-testid="next">
            Next
          </Button>
        </>
      }
      wide
    >
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) 360px' },
          alignItems: 'start',
        }}
      >
        <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', minWidth: 0 }}>
          <RunRecord run={run} beside />
        </Box>
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: 'minmax(0, 1fr)',
            position: { lg: 'sticky' },
            top: { lg: 72 },
            maxHeight: { lg: 'calc(100dvh - 88px)' },
            overflow: { lg: 'auto' },
          }}
        >
          <VerdictForm
            key={`${item.id} ${item.status}`}
            review={review}
            onGiven={() => (next ? go(next) : undefined)}
          />
          <About review={review} />
          <Similar review={review} />
        </Box>
      </Box>
      {helping && <KeysDialog onClose={() => setHelping(false)} />}
    </Page>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(ReviewDocument, { id });
  if (data) return <ReviewPage review={data.review} />;
  if (error) return <Problem error={error} retry={() => void refetch()} title="This review cannot be shown" tall />;
  return <PageSkeleton />;
}
