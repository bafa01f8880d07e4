import { Box, Table, TableBody, TableCell, TableHead, TableRow } from '@mui/material';
import { formatCount, formatDuration, formatMicros, formatShare, formatShort } from '../format.ts';
import { ArmChip } from '../resources/conversations/ArmChip.tsx';
import type { ArmRow } from './queries.ts';

type Row = readonly [label: string, show: (arm: ArmRow) => string];

const none = '–';
const ms = (value: number | null | undefined): string => (value == null ? none : formatDuration(value));

const ROWS: readonly Row[] = [
  ['Units', (arm) => formatCount(arm.units)],
  ['Answers', (arm) => formatCount(arm.answers)],
  ['Tokens of an answer', (arm) => (arm.tokensPerAnswer == null ? none : formatShort(arm.tokensPerAnswer))],
  ['Cost of a unit', (arm) => (arm.costMicrosPerUnit == null ? none : formatMicros(arm.costMicrosPerUnit))],
  ['Latency, median', (arm) => ms(arm.latencyP50Ms)],
  ['Latency, 95% within', (arm) => ms(arm.latencyP95Ms)],
  ['Latency, 99% within', (arm) => ms(arm.latencyP99Ms)],
  [
    'Units with an error',
    (arm) => `${formatCount(arm.errorUnits)}${arm.errorRate == null ? '' : ` (${formatShare(arm.errorRate)})`}`,
  ],
  ['Fell back', (arm) => formatCount(arm.fallbacks)],
  ['Units that complained', (arm) => formatCount(arm.complaintUnits)],
  ['Accuracy, graded', (arm) => (arm.score == null ? none : formatShare(arm.score))],
];

/** Both arms, figure by figure. */
export function Arms({ arms }: { arms: readonly ArmRow[] }) {
  return (
    <Box sx={{ overflowX: 'auto' }}>
      <Table size="small" aria-label="Arms">
        <TableHead>
          <TableRow>
            <TableCell />
            {arms.map((arm) => (
              <TableCell key={arm.band} align="right">
                <ArmChip arm={arm.arm} />
                <Box sx={{ fontSize: 12, color: 'text.secondary', mt: 0.5 }}>{arm.band}</Box>
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {ROWS.map(([label, show]) => (
            <TableRow key={label}>
              <TableCell component="th" scope="row" sx={{ color: 'text.secondary' }}>
                {label}
              </TableCell>
              {arms.map((arm) => (
                <TableCell key={arm.band} align="right" sx={{ fontVariantNumeric: 'tabular-nums' }}>
                  {show(arm)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}
