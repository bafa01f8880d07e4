import { Box, Typography } from '@mui/material';
import { useTheme } from '@mui/material/styles';
import { BarChart } from '@mui/x-charts/BarChart';
import type { ReactNode } from 'react';
import { formatMicros, formatShort } from '../../format.ts';
import { armLabel } from '../conversations/ArmChip.tsx';
import type { Report } from './queries.ts';
import { spoken } from './words.ts';

const HEIGHT = 230;
/** A legend stands above its chart: one without is as much higher, so that their axes are level. */
const WITHOUT_LEGEND = HEIGHT + 28;
const LEGEND = {
  legend: { position: { vertical: 'top', horizontal: 'start' }, sx: { fontSize: 12.5, gap: 1.25 } },
} as const;
const MARGIN = { left: 0, right: 8, top: 8, bottom: 0 };

function Charted({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box sx={{ minWidth: 0 }}>
      <Typography variant="caption" color="textSecondary">
        {title}
      </Typography>
      {children}
    </Box>
  );
}

/** Right answers and equivalence in percent of the cases, tokens by category, and cost where a price is known. */
export default function CompareCharts({ report }: { report: Report }) {
  const { palette } = useTheme();
  const { figures, comparison } = report;
  const { baseline, candidate, cases, categories } = figures;
  const [before, after] = [armLabel(comparison.baselineArm), armLabel(comparison.candidateArm)];
  const share = (count: number): number => (cases === 0 ? 0 : (count / cases) * 100);
  const percent = (value: number | null): string => (value === null ? '' : `${value.toFixed(1)}%`);
  const arms = [
    { key: 'baseline', label: before, color: palette.text.disabled },
    { key: 'candidate', label: after, color: palette.primary.main },
  ] as const;
  const isPriced = baseline.costMicros != null && candidate.costMicros != null;
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: {
          xs: 'minmax(0, 1fr)',
          md: isPriced ? '1fr 1.6fr 1fr' : 'minmax(0, 1fr) minmax(0, 1.8fr)',
        },
        '& > *': { minWidth: 0 },
      }}
    >
      <Charted title="Of all cases">
        <BarChart
          title="Right answers and equivalence"
          height={WITHOUT_LEGEND}
          xAxis={[
            {
              data: [`${before} right`, `${after} right`, 'Equivalent'],
              scaleType: 'band',
              categoryGapRatio: 0.45,
              colorMap: {
                type: 'ordinal',
                colors: [palette.text.disabled, palette.primary.main, palette.success.main],
              },
            },
          ]}
          yAxis={[{ width: 44, min: 0, max: 100, valueFormatter: (value: number) => `${value}%` }]}
          series={[
            {
              data: [share(baseline.right), share(candidate.right), share(figures.equivalent)],
              valueFormatter: percent,
            },
          ]}
          grid={{ horizontal: true }}
          borderRadius={3}
          margin={MARGIN}
        />
      </Charted>
      <Charted title="Tokens by category">
        <BarChart
          title="Tokens by category"
          height={HEIGHT}
          dataset={categories.map(({ category, baselineTokens, candidateTokens }) => ({
            category: spoken(category),
            baseline: baselineTokens,
            candidate: candidateTokens,
          }))}
          xAxis={[{ dataKey: 'category', scaleType: 'band', categoryGapRatio: 0.35 }]}
          yAxis={[{ width: 52, valueFormatter: (value: number) => formatShort(value) }]}
          series={arms.map(({ key, label, color }) => ({
            dataKey: key,
            label,
            color,
            valueFormatter: (value: number | null) => (value === null ? '' : `${formatShort(value)} tokens`),
          }))}
          grid={{ horizontal: true }}
          borderRadius={3}
          margin={MARGIN}
          slotProps={LEGEND}
        />
      </Charted>
      {isPriced && (
        <Charted title="Cost of all cases">
          <BarChart
            title="Cost"
            height={WITHOUT_LEGEND}
            xAxis={[
              {
                data: [before, after],
                scaleType: 'band',
                categoryGapRatio: 0.5,
                colorMap: { type: 'ordinal', colors: arms.map(({ color }) => color) },
              },
            ]}
            yAxis={[{ width: 60, valueFormatter: (value: number) => formatMicros(value) }]}
            series={[
              {
                data: [baseline.costMicros ?? 0, candidate.costMicros ?? 0],
                valueFormatter: (value) => (value === null ? '' : formatMicros(value)),
              },
            ]}
            grid={{ horizontal: true }}
            borderRadius={3}
            margin={MARGIN}
          />
        </Charted>
      )}
    </Box>
  );
}
