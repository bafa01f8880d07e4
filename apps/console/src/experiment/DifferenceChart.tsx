import { useTheme } from '@mui/material/styles';
import { LineChart } from '@mui/x-charts/LineChart';
import { formatDateTime } from '../format.ts';
import { showBounds, type MeasureKey } from './differences.ts';
import type { ExperimentData } from './queries.ts';

interface Props {
  readonly points: ExperimentData['points'];
  readonly measure: MeasureKey;
  readonly height: number;
}

/** The difference and its bounds as evidence came in: they close in, and may be looked at as often as one likes. */
export default function DifferenceChart({ points, measure, height }: Props) {
  const { palette } = useTheme();
  const shown = points.flatMap((point) => {
    const bounds = point[measure];
    return bounds ? [{ at: new Date(point.at), ...bounds }] : [];
  });
  const valueFormatter = (value: number | null) => (value === null ? '' : showBounds(measure, value));
  const bound = { showMark: false, color: palette.text.disabled, valueFormatter } as const;
  return (
    <LineChart
      title={`Difference in ${measure} over time`}
      dataset={shown}
      height={height}
      xAxis={[{ dataKey: 'at', scaleType: 'time', valueFormatter: (at: Date) => formatDateTime(at.toISOString()) }]}
      yAxis={[{ width: 72, valueFormatter: (value: number) => showBounds(measure, value) }]}
      series={[
        { dataKey: 'upper', label: 'Upper bound', ...bound },
        { dataKey: 'value', label: 'Difference', showMark: false, color: palette.primary.main, valueFormatter },
        { dataKey: 'lower', label: 'Lower bound', ...bound },
      ]}
      grid={{ horizontal: true }}
      margin={{ left: 0, right: 16, top: 8, bottom: 0 }}
      slotProps={{ legend: { position: { vertical: 'top', horizontal: 'start' }, sx: { fontSize: 12.5, gap: 1.25 } } }}
    />
  );
}
