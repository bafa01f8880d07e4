import { useTheme } from '@mui/material/styles';
import { BarChart } from '@mui/x-charts/BarChart';
import { formatDay, formatMicros, formatShort } from '../format.ts';
import type { SavingsRow } from './queries.ts';

interface Props {
  readonly days: readonly SavingsRow[];
  readonly unit: 'tokens' | 'money';
  readonly height: number;
}

/** What was used beside what the other way would have used, by day. */
export default function SavingsChart({ days, unit, height }: Props) {
  const { palette } = useTheme();
  const show = (value: number): string => (unit === 'money' ? formatMicros(value) : formatShort(value));
  const valueFormatter = (value: number | null) =>
    value === null ? '' : unit === 'money' ? show(value) : `${show(value)} tokens`;
  return (
    <BarChart
      title={unit === 'money' ? 'Cost per day' : 'Tokens per day'}
      dataset={days.map(({ key, measured, estimated }) => ({
        day: key ?? '',
        used: unit === 'money' ? measured.usedCostMicros : measured.usedTokens,
        other: unit === 'money' ? estimated.otherCostMicros : estimated.otherTokens,
      }))}
      height={height}
      xAxis={[
        { dataKey: 'day', scaleType: 'band', valueFormatter: (day: string) => formatDay(day), categoryGapRatio: 0.35 },
      ]}
      yAxis={[{ width: 60, valueFormatter: (value: number) => show(value) }]}
      series={[
        { dataKey: 'other', label: 'The other way (estimated)', color: palette.text.disabled, valueFormatter },
        { dataKey: 'used', label: 'Used (measured)', color: palette.primary.main, valueFormatter },
      ]}
      grid={{ horizontal: true }}
      borderRadius={3}
      margin={{ left: 0, right: 8, top: 8, bottom: 0 }}
      slotProps={{ legend: { position: { vertical: 'top', horizontal: 'start' }, sx: { fontSize: 12.5, gap: 1.25 } } }}
    />
  );
}
