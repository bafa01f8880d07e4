import { ToggleButton, ToggleButtonGroup, Typography } from '@mui/material';
import { useState } from 'react';
import { formatShort } from '../../format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Section } from '../../ui/Page.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { Pair } from './Pair.tsx';
import type { Answer, ComparedCase, Report } from './queries.ts';
import { spoken } from './words.ts';

const tokensOf = ({ inputTokens, outputTokens }: Answer): string => formatShort(inputTokens + outputTokens);

const COLUMNS: readonly Column<ComparedCase>[] = [
  {
    key: 'verdict',
    label: 'Answers are',
    width: 128,
    render: (one) => <StatusChip kind="verdict" value={one.verdict} />,
  },
  {
    key: 'question',
    label: 'Question',
    render: (one) => (
      <>
        {one.question}
        <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
          {spoken(one.category)}
        </Typography>
      </>
    ),
  },
  {
    key: 'tokens',
    label: 'Tokens',
    align: 'right',
    from: 'sm',
    render: (one) => `${tokensOf(one.baseline)} → ${tokensOf(one.candidate)}`,
  },
  { key: 'words', label: 'Words alike', align: 'right', from: 'md', render: (one) => one.judgement.jaccard.toFixed(2) },
  {
    key: 'meaning',
    label: 'Meaning alike',
    align: 'right',
    from: 'lg',
    render: (one) => (one.judgement.cosine == null ? '–' : one.judgement.cosine.toFixed(2)),
  },
];

/** Case by case; those that need a look are one click away. */
export function Cases({ report }: { report: Report }) {
  const [shown, setShown] = useState<'all' | 'odd'>('all');
  const { baselineArm, candidateArm } = report.comparison;
  const odd = report.cases.filter(({ verdict }) => verdict !== 'equivalent');
  const rows = shown === 'odd' ? odd : report.cases;
  return (
    <Section
      title="Cases"
      aside={
        odd.length > 0 && (
          <ToggleButtonGroup
            exclusive
            size="small"
            value={shown}
            onChange={(_, next: 'all' | 'odd' | null) => next && setShown(next)}
            aria-label="Which cases"
          >
            <ToggleButton value="all">All {report.cases.length}</ToggleButton>
            <ToggleButton value="odd">Not equivalent {odd.length}</ToggleButton>
          </ToggleButtonGroup>
        )
      }
      flush
    >
      {rows.length === 0 ? (
        <Typography sx={{ p: 2 }} variant="body2" color="textSecondary">
          None is answered by both arms yet.
        </Typography>
      ) : (
        <DataTable
          label="Cases"
          rows={rows}
          columns={COLUMNS}
          rowKey={({ caseId }) => caseId}
          detail={({ question, baseline, candidate, judgement }) => (
            <Pair
              question={question}
              sides={[
                { arm: baselineArm, answer: baseline },
                { arm: candidateArm, answer: candidate },
              ]}
              reasons={judgement.reasons}
            />
          )}
        />
      )}
    </Section>
  );
}
