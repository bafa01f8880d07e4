import { Alert, Box, Button, Skeleton, ToggleButton, ToggleButtonGroup, Typography } from '@mui/material';
import ScienceIcon from '@mui/icons-material/ScienceOutlined';
import { lazy, Suspense, useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { useApi } from '../api/use-api.ts';
import { formatCount, formatDuration, formatMicros, formatShare, formatShort } from '../format.ts';
import { RolloutsDocument } from '../resources/rollouts/queries.ts';
import { StatusMark } from '../resources/rollouts/StatusMark.tsx';
import { Choice } from '../ui/Choice.tsx';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Page, Section } from '../ui/Page.tsx';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { Arms } from './Arms.tsx';
import { MEASURES, sentenceOf, showBounds, type MeasureKey } from './differences.ts';
import { ExperimentDocument, type ExperimentData, type Segment } from './queries.ts';

const Chart = lazy(() => import('./DifferenceChart.tsx'));
const CHART_HEIGHT = 260;

const SEGMENTS: readonly Column<Segment>[] = [
  {
    key: 'segment',
    label: 'Segment',
    render: ({ dimension, value }) => (
      <Box sx={{ overflowWrap: 'anywhere' }}>
        <Typography variant="caption" color="textSecondary">
          {dimension}
        </Typography>{' '}
        {value}
      </Box>
    ),
  },
  { key: 'band', label: 'Band', render: ({ band }) => band },
  { key: 'answers', label: 'Answers', align: 'right', render: ({ answers }) => formatCount(answers) },
  {
    key: 'errors',
    label: 'Errors',
    align: 'right',
    from: 'sm',
    render: ({ errors, answers }) => (answers === 0 ? '–' : formatShare(errors / answers)),
  },
  {
    key: 'tokens',
    label: 'Tokens',
    align: 'right',
    from: 'sm',
    render: ({ tokensPerAnswer }) => formatShort(tokensPerAnswer),
  },
  {
    key: 'cost',
    label: 'Cost',
    align: 'right',
    from: 'md',
    render: ({ costMicrosPerAnswer }) => (costMicrosPerAnswer == null ? '–' : formatMicros(costMicrosPerAnswer)),
  },
  {
    key: 'latency',
    label: 'Latency',
    align: 'right',
    from: 'md',
    render: ({ latencyMeanMs }) => formatDuration(latencyMeanMs),
  },
];

function SampleRatio({ ratio }: { ratio: ExperimentData['sampleRatio'] }) {
  const counts = `${formatCount(ratio.treatment)} in treatment, ${formatCount(ratio.control)} in control`;
  if (ratio.alert)
    return (
      <Alert severity="error">
        The sample ratio is off: {counts}
        {ratio.expected != null && `, where ${formatShare(ratio.expected)} in treatment was meant`}. Something loses
        units of one arm: do not trust the comparison before it is found.
      </Alert>
    );
  return (
    <Typography variant="body2" color="textSecondary">
      {ratio.pValue == null
        ? `Sample ratio: ${counts}; too few to tell whether they were dealt as meant.`
        : `Sample ratio: ${counts}, as was meant (p ${ratio.pValue < 0.001 ? '< 0.001' : ratio.pValue.toFixed(3)}).`}
    </Typography>
  );
}

function Differences({ experiment }: { experiment: ExperimentData }) {
  const [measure, setMeasure] = useState<MeasureKey>('cost');
  const points = experiment.points.filter((point) => point[measure] != null);
  return (
    <Section title="Differences: the new arm against the traditional way">
      <Box
        sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(3, minmax(0, 1fr))' } }}
      >
        {MEASURES.map((one) => {
          const bounds = experiment[one.key];
          return (
            <Box key={one.key} data-testid={`difference-${one.key}`}>
              <Typography variant="caption" color="textSecondary">
                {one.label}
              </Typography>
              <Typography sx={{ fontSize: 24, fontWeight: 650, color: bounds ? 'text.primary' : 'text.secondary' }}>
                {bounds ? showBounds(one.key, bounds.value) : 'not yet'}
              </Typography>
              <Typography variant="body2" color="textSecondary">
                {sentenceOf(one, bounds, experiment.arms)}
              </Typography>
            </Box>
          );
        })}
      </Box>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5, mt: 2, flexWrap: 'wrap' }}>
        <Typography variant="h3" component="h3">
          Over time
        </Typography>
        <ToggleButtonGroup
          exclusive
          size="small"
          value={measure}
          onChange={(_, next: MeasureKey | null) => next && setMeasure(next)}
          aria-label="Measure"
        >
          {MEASURES.map(({ key, label }) => (
            <ToggleButton key={key} value={key}>
              {label}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </Box>
      {points.length < 2 ? (
        <Typography variant="body2" color="textSecondary" sx={{ mt: 1 }}>
          A line is drawn as soon as two looks had enough data.
        </Typography>
      ) : (
        <Suspense fallback={<Skeleton variant="rounded" height={CHART_HEIGHT} />}>
          <Chart points={points} measure={measure} height={CHART_HEIGHT} />
        </Suspense>
      )}
    </Section>
  );
}

function Read({ id }: { id: string }) {
  const { data, error, refetch } = useApi(ExperimentDocument, { id }, { refetchEveryMs: 30_000 });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <PageSkeleton />;
  const { experiment } = data;
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <SampleRatio ratio={experiment.sampleRatio} />
      <Differences experiment={experiment} />
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) minmax(0, 1fr)' },
          alignItems: 'start',
        }}
      >
        <Section title="Arms" flush>
          <Arms arms={experiment.arms} />
        </Section>
        <Section title="Segments" flush>
          {experiment.segments.length === 0 ? (
            <Typography sx={{ p: 2 }} variant="body2" color="textSecondary">
              None yet: they come with the first answers.
            </Typography>
          ) : (
            <DataTable
              label="Segments"
              rows={experiment.segments}
              columns={SEGMENTS}
              rowKey={({ dimension, value, band }) => `${dimension} ${value} ${band}`}
            />
          )}
        </Section>
      </Box>
      <Typography variant="caption" color="textSecondary">
        Who was dealt the new arm counts for it, also where an answer fell back. Bounds hold however often one looks,
        95% of the time. An answer of the scripted stand-in is no model&apos;s: with it, these figures show the page
        alone.
      </Typography>
    </Box>
  );
}

export default function Experiment() {
  const { data, error, refetch } = useApi(RolloutsDocument, { limit: 100 });
  const [search, setSearch] = useSearchParams();
  const begun = (data?.rollouts.items ?? []).filter(({ startedAt }) => startedAt != null);
  const chosen = begun.find(({ id }) => id === search.get('rollout')) ?? begun[0];
  return (
    <Page
      title="Experiment"
      mark={chosen && <StatusMark status={chosen.status} />}
      lead="Both arms side by side: is the new one cheaper, as quick and as accurate?"
      actions={
        begun.length > 1 &&
        chosen && (
          <Choice
            label="Rollout"
            value={chosen.id}
            onChange={(id) => setSearch({ rollout: id }, { replace: true })}
            options={begun.map(({ id, name }) => ({ value: id, label: name }))}
          />
        )
      }
      wide
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} tall />
      ) : !data ? (
        <PageSkeleton />
      ) : chosen ? (
        <Read key={chosen.id} id={chosen.id} />
      ) : (
        <Section>
          <EmptyState
            icon={ScienceIcon}
            title="Nothing to compare yet"
            action={
              <Button component={Link} to="/rollouts" variant="contained">
                Go to rollouts
              </Button>
            }
          >
            Start a rollout: a share of the conversations gets the new arm, as many are measured the traditional way,
            and here you read the difference.
          </EmptyState>
        </Section>
      )}
    </Page>
  );
}
