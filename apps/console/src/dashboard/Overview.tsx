import { Box, Skeleton, Typography } from '@mui/material';
import { lazy, Suspense, useState } from 'react';
import { useApi } from '../api/use-api.ts';
import { formatCount, formatDuration, formatShare, formatShort } from '../format.ts';
import { useCan, useViewer } from '../session/use-viewer.ts';
import { Choice } from '../ui/Choice.tsx';
import { Figure, Figures } from '../ui/Facts.tsx';
import { Page, Section } from '../ui/Page.tsx';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { FirstSteps } from './FirstSteps.tsx';
import { HealthList } from './HealthList.tsx';
import { OverviewDocument, type Overview as Data } from './queries.ts';
import { TopTools } from './TopTools.tsx';

const Charts = {
  Outcomes: lazy(() => import('./OutcomeChart.tsx')),
  Tokens: lazy(() => import('./TokenChart.tsx')),
};

const PERIODS = [
  { value: '7', label: '7 days' },
  { value: '14', label: '14 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
] as const;

const CHART_HEIGHT = 260;
const chartSkeleton = <Skeleton variant="rounded" height={CHART_HEIGHT} />;

function Numbers({ data }: { data: Data }) {
  const success = 1 - data.failedShare;
  const total = data.tokensReturned + data.tokensKeptOut;
  return (
    <Figures>
      <Figure label="Runs" value={formatShort(data.runs)} />
      <Figure
        label="Success"
        value={data.runs === 0 ? '–' : formatShare(success)}
        note="of the runs that ended"
        {...(data.runs > 0 && success < 0.9 ? { tone: success < 0.6 ? ('error' as const) : ('warning' as const) } : {})}
      />
      <Figure
        label="Time of a run"
        value={data.p50Ms == null ? '–' : formatDuration(data.p50Ms)}
        note={data.p95Ms == null ? 'median' : `median; 95% within ${formatDuration(data.p95Ms)}`}
      />
      <Figure label="Tokens returned" value={formatShort(data.tokensReturned)} note="went back to callers" />
      <Figure
        label="Tokens kept out"
        value={formatShort(data.tokensKeptOut)}
        note={
          total === 0 ? 'stayed in the sandbox' : `${formatShare(data.tokensKeptOut / total)} stayed in the sandbox`
        }
      />
      <Figure
        label="Denied calls"
        value={formatCount(data.deniedCalls)}
        note="stopped by policy"
        {...(data.deniedCalls > 0 ? { tone: 'warning' as const } : {})}
      />
    </Figures>
  );
}

function Figured() {
  const [days, setDays] = useState('14');
  const { data, error, refetch } = useApi(OverviewDocument, { days: Number(days) }, { keepPrevious: true });
  const { tenant } = useViewer();
  const mayReadConnections = useCan('connections.read');
  if (!data) return error ? <Problem error={error} retry={() => void refetch()} tall /> : <PageSkeleton />;
  const { overview } = data;
  const isNew = overview.runs === 0;
  return (
    <Page
      title="Overview"
      lead={`What code did in ${tenant.name}.`}
      actions={!isNew && <Choice label="Period" value={days} onChange={setDays} options={PERIODS} />}
      wide
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        {isNew && <FirstSteps />}
        {!isNew && <Numbers data={overview} />}
        {!isNew && (
          <Box
            sx={{
              display: 'grid',
              gap: 2,
              gridTemplateColumns: { xs: 'minmax(0,1fr)', lg: 'repeat(2, minmax(0, 1fr))' },
            }}
          >
            <Section title="Runs by outcome, per day">
              <Suspense fallback={chartSkeleton}>
                <Charts.Outcomes days={overview.days} height={CHART_HEIGHT} />
              </Suspense>
            </Section>
            <Section title="Tokens returned and kept out, per day">
              <Suspense fallback={chartSkeleton}>
                <Charts.Tokens days={overview.days} height={CHART_HEIGHT - 22} />
              </Suspense>
              <Typography variant="caption" color="textSecondary" component="p" sx={{ m: 0 }}>
                Counted by tokenizer on what the gateway saw: tool results that code used, and that no model had to
                read.
              </Typography>
            </Section>
          </Box>
        )}
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0,1fr)', lg: isNew ? 'minmax(0,1fr)' : 'repeat(2, minmax(0, 1fr))' },
            alignItems: 'start',
          }}
        >
          {!isNew && <TopTools tools={overview.tools} />}
          {mayReadConnections && <HealthList />}
        </Box>
      </Box>
    </Page>
  );
}

export function Overview() {
  const mayRead = useCan('runs.read');
  return mayRead ? (
    <Figured />
  ) : (
    <Page title="Overview" lead="Your role shows no figures. Choose a page from the menu.">
      <span />
    </Page>
  );
}
