import { Box, Button } from '@mui/material';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { formatBytes, formatCount, formatDateTime, formatDuration, formatShort } from '../../format.ts';
import { rememberDraft } from '../../playground/draft.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Facts, Figure, Figures } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Identifier } from '../../ui/Snippet.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { SaveSkill } from '../skills/SaveSkill.tsx';
import { RunDocument, type Run } from './queries.ts';
import { SendToReview } from '../reviews/SendToReview.tsx';
import { RunRecord } from './RunRecord.tsx';
import { ReplayDialog } from './ReplayDialog.tsx';
import { WaitsForPeople } from './WaitsForPeople.tsx';
import { limitsInWords, outcomeInWords, parseRunError, surfaceLabel } from './words.ts';

function RunPage({ run }: { run: Run }) {
  const navigate = useNavigate();
  const mayRun = useCan('runs.execute');
  const maySave = useCan('skills.write') && run.status === 'done';
  const [open, setOpen] = useState<'replay' | 'save'>();
  const error = parseRunError(run.error);
  return (
    <Page
      title={`Run of ${formatDateTime(run.startedAt)}`}
      mark={<StatusChip kind="run" value={run.status} />}
      parent={{ label: 'Runs', to: '/runs' }}
      lead={
        <>
          <span data-testid="outcome">{outcomeInWords(run, error)}</span> Started by{' '}
          <strong>{run.principalName}</strong> through {surfaceLabel(run.surface)}.
        </>
      }
      actions={
        <>
          <SendToReview runId={run.id} isOver={run.status !== 'running'} />
          {mayRun && (
            <>
              {run.content.canReplay && run.content.mayOpen && (
                <Button onClick={() => setOpen('replay')} data-testid="replay">
                  Replay
                </Button>
              )}
              {maySave && (
                <Button onClick={() => setOpen('save')} data-testid="save-as-skill">
                  Save as a skill
                </Button>
              )}
              <Button
                variant="outlined"
                onClick={() => {
                  rememberDraft(run.code);
                  navigate('/playground');
                }}
              >
                Open in the playground
              </Button>
            </>
          )}
        </>
      }
      wide
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        {run.status === 'awaiting_approval' && <WaitsForPeople runId={run.id} />}
        <Figures>
          <Figure
            label="Took"
            value={run.durationMs == null ? '–' : formatDuration(run.durationMs)}
            note={!run.cpuMs ? undefined : `${formatDuration(run.cpuMs)} of processor`}
          />
          <Figure label="Peak memory" value={!run.peakMemoryBytes ? '–' : formatBytes(run.peakMemoryBytes)} />
          <Figure
            label="Calls"
            value={formatCount(run.callCount)}
            note={run.deniedCount > 0 ? `${formatCount(run.deniedCount)} denied` : 'none denied'}
            {...(run.deniedCount > 0 ? { tone: 'warning' as const } : {})}
          />
          <Figure label="Tokens returned" value={formatShort(run.tokensReturned)} note="what the caller got" />
          <Figure
            label="Tokens kept out"
            value={formatShort(run.tokensKeptOut)}
            note="by tokenizer, of tool results that stayed in the sandbox"
          />
        </Figures>
        <RunRecord run={run} />
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
            alignItems: 'start',
          }}
        >
          <Section title="Identifiers">
            <Facts
              rows={[
                ['Run', <Identifier key="run" label="run id" value={run.id} />],
                ['Trace', <Identifier key="trace" label="trace id" value={run.traceId} />],
                ['Code hash', <Identifier key="hash" label="code hash" value={run.codeHash} />],
                ['Conversation', run.conversation ?? 'none'],
                [
                  'Principal',
                  <Identifier
                    key="who"
                    label="principal id"
                    value={run.principalId}
                    shown={`${run.principalKind} ${run.principalName}`}
                  />,
                ],
                [
                  'Policy',
                  run.policyRevision > 0 ? (
                    <Link key="p" to={`/decisions?filter=${encodeURIComponent(JSON.stringify({ runId: run.id }))}`}>
                      revision {run.policyRevision}
                    </Link>
                  ) : (
                    '–'
                  ),
                ],
              ]}
            />
          </Section>
          <Section title="Limits of this run">
            <Facts rows={limitsInWords(run.limits)} />
          </Section>
        </Box>
      </Box>
      {open === 'replay' && <ReplayDialog run={run} onClose={() => setOpen(undefined)} />}
      {open === 'save' && <SaveSkill runId={run.id} onClose={() => setOpen(undefined)} />}
    </Page>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(RunDocument, { id });
  if (data) return <RunPage run={data.run} />;
  if (error) return <Problem error={error} retry={() => void refetch()} title="This run cannot be shown" tall />;
  return <PageSkeleton />;
}
