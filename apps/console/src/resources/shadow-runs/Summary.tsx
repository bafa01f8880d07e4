import { Alert, Box, Link as MuiLink } from '@mui/material';
import { Link } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { formatCount, formatMicros, formatShare } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Figure, Figures } from '../../ui/Facts.tsx';
import { ShadowSummaryDocument } from './queries.ts';

/** What shadow runs of thirty days came to, and what is spent on them today. */
export function Summary() {
  const { data } = useApi(ShadowSummaryDocument, {});
  const maySet = useCan('sampling.write');
  if (!data) return null;
  const { shadowSummary: sum, sampling } = data;
  const compared = sum.equivalent + sum.different + sum.unclear;
  const off = sampling.shadowBasisPoints === 0;
  if (compared + sum.failed === 0 && !off) return null;
  return (
    <Box sx={{ display: 'grid', gap: 2, mb: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {off && (
        <Alert severity="info">
          No share of the answers is given by the other arm besides.{' '}
          {maySet ? (
            <>
              <MuiLink component={Link} to="/chat-settings">
                Set one
              </MuiLink>{' '}
              to compare on real traffic.
            </>
          ) : (
            'An admin may set one.'
          )}
        </Alert>
      )}
      {sum.scripted > 0 && (
        <Alert severity="warning">
          {formatCount(sum.scripted)} of these were answered by the scripted stand-in: nothing of them is a model&apos;s
          quality.
        </Alert>
      )}
      {compared + sum.failed > 0 && (
        <Figures>
          <Figure
            label="Equivalent, 30 days"
            value={compared === 0 ? '–' : formatShare(sum.equivalent / compared)}
            note={`${formatCount(sum.equivalent)} of ${formatCount(compared)} compared`}
          />
          <Figure
            label="Different"
            value={formatCount(sum.different)}
            note="the traditional way is the reference"
            {...(sum.different > 0 ? { tone: 'warning' as const } : {})}
          />
          <Figure label="Not compared" value={formatCount(sum.failed)} note="a tool refused, or a model away" />
          <Figure
            label="Today"
            value={formatMicros(sum.costTodayMicros)}
            note={`${formatCount(sum.runsToday)} of ${formatCount(sampling.shadowRunsPerDay)} runs, of ${formatMicros(sampling.shadowBudgetMicros)}`}
          />
        </Figures>
      )}
    </Box>
  );
}
