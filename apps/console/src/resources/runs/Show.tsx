import { Alert, Box, Button, Typography } from '@mui/material';
import { useRef, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { Code } from '../../code/Code.tsx';
import type { CodeHandle } from '../../code/CodeMirror.tsx';
import { Findings } from '../../code/Findings.tsx';
import { JsonView } from '../../code/JsonView.tsx';
import { formatBytes, formatCount, formatDateTime, formatDuration, formatShort } from '../../format.ts';
import { rememberDraft } from '../../playground/draft.ts';
import { useCan } from '../../session/use-viewer.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Facts, Figure, Figures } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Identifier } from '../../ui/Snippet.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import { Reasons } from '../decisions/Reasons.tsx';
import { SaveSkill } from '../skills/SaveSkill.tsx';
import { CallTimeline } from './CallTimeline.tsx';
import { Logs } from './Logs.tsx';
import { RunDocument, type Run } from './queries.ts';
import { LargeResult, WorkspaceFiles } from './KeptContent.tsx';
import { ReplayDialog } from './ReplayDialog.tsx';
import { RunErrorBox } from './RunErrorBox.tsx';
import { limitsInWords, outcomeInWords, parseRunError, surfaceLabel } from './words.ts';

type Decision = Run['decisions'][number];

const DECISIONS: readonly Column<Decision>[] = [
  { key: 'effect', label: 'Decision', render: (decision) => <StatusChip kind="effect" value={decision.effect} /> },
  {
    key: 'tool',
    label: 'Tool',
    width: '24%',
    render: (decision) => <ToolName server={decision.server} tool={decision.tool} />,
  },
  { key: 'why', label: 'Why', render: (decision) => <Reasons reasons={decision.reasons} /> },
  {
    key: 'revision',
    label: 'Policy',
    align: 'right',
    from: 'md',
    render: (decision) => `revision ${decision.revision}`,
  },
  {
    key: 'took',
    label: 'Took',
    align: 'right',
    from: 'md',
    render: (decision) => `${formatCount(decision.durationUs)} µs`,
  },
];

const isSmall = (run: Run) => run.calls.length === 0 && run.decisions.length === 0;

function RunPage({ run }: { run: Run }) {
  const code = useRef<CodeHandle>(null);
  const navigate = useNavigate();
  const mayRun = useCan('runs.execute');
  const maySave = useCan('skills.write') && run.status === 'done';
  const [open, setOpen] = useState<'replay' | 'save'>();
  const error = parseRunError(run.error);
  const goTo = (line: number, column?: number) => code.current?.goTo(line, column);
  const markers = [
    ...run.findings,
    ...(error?.line === undefined
      ? []
      : [{ stage: 'run', code: error.title, message: error.message, line: error.line, column: error.column ?? 1 }]),
  ];
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
        mayRun && (
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
        )
      }
      wide
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        {error && <RunErrorBox error={error} onOpen={goTo} />}
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
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 3fr) minmax(0, 2fr)' },
            alignItems: 'start',
          }}
        >
          <Section title="Code" aside={<CopyButton text={run.code} label="Copy code" />} flush>
            <Code text={run.code} label="Code that ran" findings={markers} handle={code} maxHeight={520} />
            <Findings findings={run.findings} onOpen={(finding) => goTo(finding.line, finding.column)} />
          </Section>
          <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', minWidth: 0 }}>
            <Section title="Result">
              <LargeResult run={run} />
              {run.status === 'done' ? (
                <JsonView
                  value={run.result === undefined ? null : run.result === null ? 'null' : run.result}
                  label="Result"
                />
              ) : (
                <Typography variant="body2" color="textSecondary">
                  {run.status === 'running' ? 'Not there yet.' : 'There is none: the run did not reach its end.'}
                </Typography>
              )}
            </Section>
            <Section title="Logs" flush>
              <Logs logs={run.logs} startedAt={new Date(run.startedAt).getTime()} follow={run.status === 'running'} />
            </Section>
          </Box>
        </Box>
        {run.calls.length > 0 && (
          <Section
            title={`Calls on the time axis`}
            aside={
              <Typography variant="caption" color="textSecondary">
                Open one for its arguments and result
              </Typography>
            }
            flush
          >
            <CallTimeline calls={run.calls} startedAt={run.startedAt} durationMs={run.durationMs} />
          </Section>
        )}
        <WorkspaceFiles run={run} />
        {isSmall(run) && run.status !== 'rejected' && <Alert severity="info">The code called no tool.</Alert>}
        {run.decisions.length > 0 && (
          <Section title="What policy decided" flush>
            <DataTable label="Decisions" rows={run.decisions} columns={DECISIONS} rowKey={(decision) => decision.id} />
          </Section>
        )}
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
