import { useTheme } from '@mui/material/styles';
import { BarChart } from '@mui/x-charts/BarChart';
import { formatDay, formatShort } from '../format.ts';
import type { Overview } from './queries.ts';

export default function OutcomeChart({ days, height }: { days: Overview['days']; height: number }) {
  const { palette } = useTheme();
  const outcomes = [
    { dataKey: 'done', label: 'Done', color: palette.success.main },
    { dataKey: 'rejected', label: 'Rejected', color: palette.warning.main },
    { dataKey: 'failed', label: 'Failed', color: palette.error.main },
    { dataKey: 'limit', label: 'Limit', color: palette.secondary.main },
    { dataKey: 'crashed', label: 'Crashed', color: palette.text.primary },
  ];
  return (
    <BarChart
      title="Runs by outcome, per day"
      dataset={days.map((day) => ({ ...day }))}
      height={height}
      xAxis={[
        { dataKey: 'day', scaleType: 'band', valueFormatter: (day: string) => formatDay(day), categoryGapRatio: 0.35 },
      ]}
      yAxis={[{ width: 44, valueFormatter: (value: number) => formatShort(value) }]}
      series={outcomes.map((outcome) => ({ ...outcome, stack: 'runs' }))}
      grid={{ horizontal: true }}
      borderRadius={3}
      margin={{ left: 0, right: 8, top: 8, bottom: 0 }}
      slotProps={{ legend: { position: { vertical: 'top', horizontal: 'start' }, sx: { fontSize: 12.5, gap: 1.25 } } }}
    />
  );
}
