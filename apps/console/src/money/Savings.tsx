import { Alert, Box, Button, Skeleton, ToggleButton, ToggleButtonGroup, Typography } from '@mui/material';
import SavingsIcon from '@mui/icons-material/SavingsOutlined';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi } from '../api/use-api.ts';
import { formatCount, formatMicros, formatShare, formatShort, plural } from '../format.ts';
import { armLabel } from '../resources/conversations/ArmChip.tsx';
import { Choice } from '../ui/Choice.tsx';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Figure, Figures } from '../ui/Facts.tsx';
import { Page, Section } from '../ui/Page.tsx';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { Budget } from './Budget.tsx';
import { SavingsDocument, type SavingsData, type SavingsRow, type ToolRow } from './queries.ts';

const Chart = lazy(() => import('./SavingsChart.tsx'));
const CHART_HEIGHT = 260;
const PERIODS = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
] as const;

const toneOf = (saved: number): { tone?: 'success' | 'error' } =>
  saved > 0 ? { tone: 'success' } : saved < 0 ? { tone: 'error' } : {};

/** A loss is written as one. */
const signed = (value: number, show: (size: number) => string): string =>
  value < 0 ? `−${show(-value)} (a loss)` : show(value);

function Totals({ row }: { row: SavingsRow }) {
  const { measured, estimated, losses } = row;
  return (
    <Figures>
      <Figure
        label="Tokens saved, estimated"
        value={signed(estimated.savedTokens, formatShort)}
        note={
          estimated.otherTokens > 0
            ? estimated.savedTokens >= 0
              ? `${formatShare(estimated.savedTokens / estimated.otherTokens)} of what the other way would take`
              : `${formatShare(-estimated.savedTokens / estimated.otherTokens)} more than the other way would take`
            : 'against the other way'
        }
        {...toneOf(estimated.savedTokens)}
      />
      {!row.scripted && (
        <Figure
          label="Money saved, estimated"
          value={signed(estimated.savedCostMicros, formatMicros)}
          note={
            row.unpricedAnswers > 0
              ? `${plural(row.unpricedAnswers, 'answer')} without a known price`
              : 'at dated prices'
          }
          {...toneOf(estimated.savedCostMicros)}
        />
      )}
      <Figure
        label="Tokens used, measured"
        value={formatShort(measured.usedTokens)}
        note="by the providers' own count"
      />
      {!row.scripted && <Figure label="Cost, measured" value={formatMicros(measured.usedCostMicros)} />}
      <Figure
        label="Kept out, measured"
        value={formatShort(measured.keptOutTokens)}
        note="tokens of definitions and results, each once"
      />
      <Figure
        label="Answers that lost"
        value={`${formatCount(losses.answers)} of ${formatCount(row.answers)}`}
        note={
          losses.answers === 0
            ? 'none took more than the other way'
            : `${formatShort(losses.tokens)} tokens more in all`
        }
        {...(losses.answers > 0 ? { tone: 'warning' as const } : {})}
      />
    </Figures>
  );
}

const ARM_COLUMNS: readonly Column<SavingsRow>[] = [
  {
    key: 'arm',
    label: 'Arm',
    render: (row) =>
      `${row.key === null ? 'Code from outside' : armLabel(row.key)}${row.scripted ? ' (scripted)' : ''}`,
  },
  { key: 'answers', label: 'Answers', align: 'right', render: (row) => formatCount(row.answers) },
  { key: 'used', label: 'Used', align: 'right', from: 'sm', render: (row) => formatShort(row.measured.usedTokens) },
  {
    key: 'other',
    label: 'Other way (est.)',
    align: 'right',
    from: 'md',
    render: (row) => formatShort(row.estimated.otherTokens),
  },
  {
    key: 'saved',
    label: 'Saved (est.)',
    align: 'right',
    render: (row) => signed(row.estimated.savedTokens, formatShort),
  },
  {
    key: 'cost',
    label: 'Cost',
    align: 'right',
    from: 'sm',
    render: (row) => (row.scripted ? '–' : formatMicros(row.measured.usedCostMicros)),
  },
];

const TOOL_COLUMNS: readonly Column<ToolRow>[] = [
  {
    key: 'tool',
    label: 'Tool',
    render: (row) => (
      <Box component="code" sx={{ overflowWrap: 'anywhere' }}>
        {row.tool}
        {row.scripted && ' (scripted)'}
      </Box>
    ),
  },
  { key: 'calls', label: 'Calls', align: 'right', render: (row) => formatCount(row.calls) },
  { key: 'results', label: 'Results', align: 'right', render: (row) => formatShort(row.resultTokens) },
  {
    key: 'other',
    label: 'In a context (est.)',
    align: 'right',
    from: 'sm',
    render: (row) => formatShort(row.otherInputTokens),
  },
];

function Figured({ savings }: { savings: SavingsData }) {
  const [unit, setUnit] = useState<'tokens' | 'money'>('tokens');
  const measured = savings.totals.filter((row) => !row.scripted);
  const scripted = savings.totals.filter((row) => row.scripted);
  const days = savings.days.filter((row) => row.scripted === (measured.length === 0));
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {scripted.length > 0 && (
        <Alert severity="warning">
          {measured.length === 0
            ? 'These figures come from the scripted stand-in, because no model key is set. They show how the page works, and nothing of a model.'
            : `The scripted stand-in's ${plural(scripted[0]?.answers ?? 0, 'answer')} are counted apart: nothing of them is a model's result.`}
        </Alert>
      )}
      {(measured.length > 0 ? measured : scripted).map((row) => (
        <Totals key={row.key ?? 'all'} row={row} />
      ))}
      <Section
        title="By day"
        aside={
          measured.length > 0 && (
            <ToggleButtonGroup
              exclusive
              size="small"
              value={unit}
              onChange={(_, next: 'tokens' | 'money' | null) => next && setUnit(next)}
              aria-label="Unit"
            >
              <ToggleButton value="tokens">Tokens</ToggleButton>
              <ToggleButton value="money">Money</ToggleButton>
            </ToggleButtonGroup>
          )
        }
      >
        <Suspense fallback={<Skeleton variant="rounded" height={CHART_HEIGHT} />}>
          <Chart days={days} unit={unit} height={CHART_HEIGHT} />
        </Suspense>
      </Section>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1.3fr) minmax(0, 1fr)' },
          alignItems: 'start',
        }}
      >
        <Section title="By arm" flush>
          <DataTable
            label="By arm"
            rows={savings.arms}
            columns={ARM_COLUMNS}
            rowKey={(row) => `${row.key} ${row.scripted}`}
          />
        </Section>
        <Section title="By tool" flush>
          {savings.tools.length === 0 ? (
            <Typography sx={{ p: 2 }} variant="body2" color="textSecondary">
              No tool was called by an answer yet.
            </Typography>
          ) : (
            <DataTable
              label="By tool"
              rows={savings.tools}
              columns={TOOL_COLUMNS}
              rowKey={(row) => `${row.tool} ${row.scripted}`}
            />
          )}
        </Section>
      </Box>
      <Typography variant="caption" color="textSecondary">
        Measured: counted by the provider or by a tokenizer on what the gateway really saw. Estimated: what the other
        way would have sent to the model, worked out from the same bytes.
      </Typography>
    </Box>
  );
}

export default function Savings() {
  const [days, setDays] = useState('30');
  const { data, error, refetch } = useApi(SavingsDocument, { days: Number(days) }, { keepPrevious: true });
  const empty = data && data.savings.totals.every((row) => row.answers === 0);
  return (
    <Page
      title="Savings"
      lead="What the code way took and what the other way would have taken. Losses are shown as plainly as savings."
      actions={
        <>
          <Button component={Link} to="/prices" variant="outlined">
            Prices
          </Button>
          <Button component={Link} to="/roi" variant="outlined">
            Return on investment
          </Button>
          <Choice label="Period" value={days} onChange={setDays} options={PERIODS} />
        </>
      }
      wide
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !data ? (
          <PageSkeleton />
        ) : empty ? (
          <Section>
            <EmptyState icon={SavingsIcon} title="Nothing to count yet">
              As soon as an app chats through Switchyard, this page shows what its answers took, and what the other way
              would have taken.
            </EmptyState>
          </Section>
        ) : (
          <Figured savings={data.savings} />
        )}
        <Budget />
      </Box>
    </Page>
  );
}
