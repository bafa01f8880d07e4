import { Alert, Box, Typography } from '@mui/material';
import { useRef } from 'react';
import type { CodeHandle } from '../../code/CodeMirror.tsx';
import { JsonView } from '../../code/JsonView.tsx';
import { formatCount } from '../../format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Section } from '../../ui/Page.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import { Reasons } from '../decisions/Reasons.tsx';
import { CallTimeline } from './CallTimeline.tsx';
import { LargeResult, WorkspaceFiles } from './KeptContent.tsx';
import { Logs } from './Logs.tsx';
import type { Run } from './queries.ts';
import { RanCode } from './RanCode.tsx';
import { RunErrorBox } from './RunErrorBox.tsx';
import { parseRunError } from './words.ts';

type Decision = Run['decisions'][number];

const DECISIONS: readonly Column<Decision>[] = [
  { key: 'effect', label: 'Decision', render: (decision) => <StatusChip kind="effect" value={decision.effect} /> },
  {
    key: 'tool',
    label: 'Tool',
    width: '24%',
    render: (decision) => (
      <>
        <ToolName server={decision.server} tool={decision.tool} />
        <Typography variant="caption" component="div" sx={{ display: { xs: 'block', sm: 'none' } }}>
          <Reasons reasons={decision.reasons} />
        </Typography>
      </>
    ),
  },
  { key: 'why', label: 'Why', from: 'sm', render: (decision) => <Reasons reasons={decision.reasons} /> },
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

interface Props {
  readonly run: Run;
  /** Something stands beside the record: the code gets the width that is left. */
  readonly beside?: boolean;
}

/** What a run was: its code with findings, what it gave and said, what it called, and what policy decided. */
export function RunRecord({ run, beside = false }: Props) {
  const code = useRef<CodeHandle>(null);
  const error = parseRunError(run.error);
  const isOpen = run.status === 'running' || run.status === 'awaiting_approval';
  const goTo = (line: number, column?: number) => code.current?.goTo(line, column);
  const markers = [
    ...run.findings,
    ...(error?.line === undefined
      ? []
      : [{ stage: 'run', code: error.title, message: error.message, line: error.line, column: error.column ?? 1 }]),
  ];
  return (
    <>
      {error && <RunErrorBox error={error} onOpen={goTo} />}
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: {
            xs: 'minmax(0, 1fr)',
            lg: beside ? 'minmax(0, 1fr)' : 'minmax(0, 3fr) minmax(0, 2fr)',
          },
          alignItems: 'start',
        }}
      >
        <RanCode run={run} markers={markers} handle={code} onOpen={goTo} />
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', ...(beside ? { md: 'repeat(2, minmax(0, 1fr))' } : {}) },
            alignItems: 'start',
            minWidth: 0,
          }}
        >
          <Section title="Result">
            <LargeResult run={run} />
            {run.status === 'done' ? (
              <JsonView
                value={run.result === undefined ? null : run.result === null ? 'null' : run.result}
                label="Result"
              />
            ) : (
              <Typography variant="body2" color="textSecondary">
                {isOpen ? 'Not there yet.' : 'There is none: the run did not reach its end.'}
              </Typography>
            )}
          </Section>
          <Section title="Logs" flush>
            <Logs logs={run.logs} startedAt={new Date(run.startedAt).getTime()} follow={isOpen} />
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
    </>
  );
}
