import { useTheme } from '@mui/material/styles';
import { BarChart } from '@mui/x-charts/BarChart';
import { formatDay, formatShort } from '../format.ts';
import type { Overview } from './queries.ts';

export default function TokenChart({ days, height }: { days: Overview['days']; height: number }) {
  const { palette } = useTheme();
  const valueFormatter = (value: number | null) => (value === null ? '' : `${formatShort(value)} tokens`);
  return (
    <BarChart
      title="Tokens returned and kept out, per day"
      dataset={days.map((day) => ({ ...day }))}
      height={height}
      xAxis={[
        { dataKey: 'day', scaleType: 'band', valueFormatter: (day: string) => formatDay(day), categoryGapRatio: 0.35 },
      ]}
      yAxis={[{ width: 44, valueFormatter: (value: number) => formatShort(value) }]}
      series={[
        { dataKey: 'tokensKeptOut', label: 'Kept out', color: palette.primary.main, stack: 'tokens', valueFormatter },
        { dataKey: 'tokensReturned', label: 'Returned', color: palette.warning.main, stack: 'tokens', valueFormatter },
      ]}
      grid={{ horizontal: true }}
      borderRadius={3}
      margin={{ left: 0, right: 8, top: 8, bottom: 0 }}
      slotProps={{ legend: { position: { vertical: 'top', horizontal: 'start' }, sx: { fontSize: 12.5, gap: 1.25 } } }}
    />
  );
}
