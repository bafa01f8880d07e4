import { Box, Table, TableBody, TableCell, TableHead, TableRow } from '@mui/material';
import { formatCount, formatDuration, formatMicros } from '../../format.ts';
import { ArmChip } from '../conversations/ArmChip.tsx';
import type { ArmFigures, Report } from './queries.ts';

const ms = (value: number | null | undefined): string => (value == null ? '–' : formatDuration(value));

const ROWS: readonly (readonly [label: string, show: (arm: ArmFigures, cases: number) => string])[] = [
  ['Every expected fact', (arm, cases) => `${formatCount(arm.right)} of ${formatCount(cases)}`],
  ['Tokens', (arm) => `${formatCount(arm.tokens)}${arm.tokensEstimated ? ' (estimated)' : ''}`],
  ['… read', (arm) => formatCount(arm.inputTokens)],
  ['… of those cached', (arm) => formatCount(arm.cachedInputTokens)],
  ['… written', (arm) => formatCount(arm.outputTokens)],
  ['Cost', (arm) => (arm.costMicros == null ? 'no price' : formatMicros(arm.costMicros))],
  ['Latency, median', (arm) => ms(arm.p50Ms)],
  ['Latency, 95% within', (arm) => ms(arm.p95Ms)],
  ['Calls of the model', (arm) => formatCount(arm.modelCalls)],
  ['Calls of tools', (arm) => formatCount(arm.toolCalls)],
  ['Could not answer', (arm) => formatCount(arm.errors)],
];

/** Both arms of a comparison, figure by figure. */
export function ArmTable({ report }: { report: Report }) {
  const { figures, comparison } = report;
  const sides = [
    [comparison.baselineArm, figures.baseline],
    [comparison.candidateArm, figures.candidate],
  ] as const;
  return (
    <Box sx={{ overflowX: 'auto' }}>
      <Table size="small" aria-label="Arms">
        <TableHead>
          <TableRow>
            <TableCell />
            {sides.map(([arm]) => (
              <TableCell key={arm} align="right">
                <ArmChip arm={arm} />
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {ROWS.map(([label, show]) => (
            <TableRow key={label} sx={{ '&:last-child > *': { borderBottom: 0 } }}>
              <TableCell component="th" scope="row" sx={{ color: 'text.secondary' }}>
                {label}
              </TableCell>
              {sides.map(([arm, of]) => (
                <TableCell key={arm} align="right" sx={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
                  {show(of, figures.cases)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Box>
  );
}
