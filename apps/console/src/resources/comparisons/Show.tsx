import { Alert, Box, Button, Skeleton, Typography } from '@mui/material';
import { lazy, Suspense } from 'react';
import { Link, useParams } from 'react-router-dom';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatCount, formatDateTime, formatDuration } from '../../format.ts';
import { Said } from '../../grading/Said.tsx';
import { useCan } from '../../session/use-viewer.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Figure, Figures } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { armLabel } from '../conversations/ArmChip.tsx';
import { ArmTable } from './ArmTable.tsx';
import { Cases } from './Cases.tsx';
import { Export } from './Export.tsx';
import { Progress } from './Progress.tsx';
import {
  CancelComparisonDocument,
  ComparisonReportDocument,
  ResumeComparisonDocument,
  type Report,
} from './queries.ts';
import { spoken } from './words.ts';

const Charts = lazy(() => import('./CompareCharts.tsx'));

type Target = Report['figures']['targets'][number];

const TARGETS: readonly Column<Target>[] = [
  { key: 'name', label: 'Promise', render: ({ name }) => spoken(name) },
  { key: 'target', label: 'Target', from: 'md', render: ({ target }) => target },
  { key: 'measured', label: 'Measured', render: ({ measured }) => measured },
  {
    key: 'met',
    label: '',
    render: ({ met, why }) => (
      <>
        <StatusChip kind="target" value={met == null ? 'unknown' : met ? 'met' : 'missed'} />
        {why != null && (
          <Typography component="div" variant="caption" color="textSecondary">
            {why}
          </Typography>
        )}
      </>
    ),
  },
];

const percent = (value: number | null | undefined): string => (value == null ? '–' : `${value.toFixed(1)}%`);
const tone = (value: number | null | undefined): { tone?: 'success' | 'error' } =>
  value == null || value === 0 ? {} : { tone: value > 0 ? 'success' : 'error' };
/** A loss is written as one. */
const saved = (value: number | null | undefined): string =>
  value == null ? '–' : value < 0 ? `${percent(-value)} more` : percent(value);

function Headline({ report }: { report: Report }) {
  const { equivalent, cases, equivalentPercent, savedTokensPercent, savedCostPercent, baseline, candidate } =
    report.figures;
  return (
    <Figures>
      <Figure
        label="Equivalent answers"
        value={percent(equivalentPercent)}
        note={`${formatCount(equivalent)} of ${formatCount(cases)} cases`}
      />
      <Figure
        label="Tokens saved"
        value={saved(savedTokensPercent)}
        note={`${formatCount(baseline.tokens)} → ${formatCount(candidate.tokens)}`}
        {...tone(savedTokensPercent)}
      />
      <Figure
        label="Money saved"
        value={saved(savedCostPercent)}
        note={savedCostPercent == null ? 'no price is known' : 'at the prices of that day'}
        {...tone(savedCostPercent)}
      />
      <Figure
        label="Median time"
        value={candidate.p50Ms == null ? '–' : formatDuration(candidate.p50Ms)}
        note={baseline.p50Ms == null ? undefined : `before: ${formatDuration(baseline.p50Ms)}`}
      />
    </Figures>
  );
}

function Read({ report, id }: { report: Report; id: string }) {
  const { comparison, figures, notice } = report;
  const running = comparison.status === 'running';
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }} data-testid="report">
      {notice != null && <Alert severity="warning">{notice}</Alert>}
      {(running || comparison.doneCount < comparison.caseCount) && (
        <Section>
          <Typography variant="body2" sx={{ mb: 1 }}>
            {running
              ? 'The questions are being asked. You may leave: it goes on by itself.'
              : 'It stopped before its end. What was answered is below; it can be gone on with.'}
          </Typography>
          <Progress done={comparison.doneCount} of={comparison.caseCount} />
        </Section>
      )}
      {figures.cases > 0 && (
        <>
          <Headline report={report} />
          <Section
            title={`${armLabel(comparison.baselineArm)} against ${armLabel(comparison.candidateArm).toLowerCase()}`}
          >
            <Suspense fallback={<Skeleton variant="rounded" height={230} />}>
              <Charts report={report} />
            </Suspense>
          </Section>
          <Box
            sx={{
              display: 'grid',
              gap: 2,
              gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) minmax(0, 1.4fr)' },
              alignItems: 'start',
            }}
          >
            <Section title="Arms" flush>
              <ArmTable report={report} />
            </Section>
            <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
              <Section title="Promises" flush>
                <DataTable label="Promises" rows={figures.targets} columns={TARGETS} rowKey={({ name }) => name} />
              </Section>
              <Said comparison={id} />
            </Box>
          </Box>
          <Cases report={report} />
        </>
      )}
    </Box>
  );
}

function Actions({ report }: { report: Report }) {
  const { id, status, suite, doneCount } = report.comparison;
  const [mayRun, mayGrade] = [useCan('comparisons.run'), useCan('answers.grade')];
  const cancel = useChange(CancelComparisonDocument);
  const resume = useChange(ResumeComparisonDocument);
  return (
    <>
      {mayRun && status === 'running' && (
        <Button onClick={() => cancel.mutate({ id })} loading={cancel.isPending} color="error">
          Cancel
        </Button>
      )}
      {mayRun && (status === 'interrupted' || status === 'cancelled') && (
        <Button variant="contained" onClick={() => resume.mutate({ id })} loading={resume.isPending}>
          Go on
        </Button>
      )}
      {doneCount > 0 && <Export id={id} suite={suite} />}
      {mayGrade && doneCount > 0 && (
        <Button component={Link} to={`/grading?comparison=${id}`} variant="contained" data-testid="grade">
          Grade blind
        </Button>
      )}
    </>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(ComparisonReportDocument, { id });
  if (error) return <Problem error={error} retry={() => void refetch()} tall />;
  if (!data) return <PageSkeleton />;
  const { comparisonReport: report } = data;
  const { suite, suiteVersion, status, startedByName, startedAt, withWrites } = report.comparison;
  return (
    <Page
      title={spoken(suite)}
      mark={<StatusChip kind="comparison" value={status} />}
      parent={{ label: 'Comparisons', to: '/comparisons' }}
      lead={`Version ${suiteVersion}, started by ${startedByName}, ${formatDateTime(startedAt)}${withWrites ? ', with cases that change something' : ''}. ${report.figures.models.length === 0 ? '' : `Answered by ${report.figures.models.join(', ')}.`}`}
      actions={<Actions report={report} />}
      wide
    >
      <Read report={report} id={id} />
    </Page>
  );
}
