import { formatCount, formatShare } from '../format.ts';
import { ArmChip } from '../resources/conversations/ArmChip.tsx';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { Section } from '../ui/Page.tsx';
import type { GradeCount } from './queries.ts';

const gradedOf = ({ correct, partly, wrong }: GradeCount): number => correct + partly + wrong;

const COLUMNS: readonly Column<GradeCount>[] = [
  { key: 'arm', label: 'Arm', render: (row) => <ArmChip arm={row.arm} /> },
  { key: 'correct', label: 'Correct', align: 'right', render: (row) => formatCount(row.correct) },
  { key: 'partly', label: 'Partly', align: 'right', from: 'sm', render: (row) => formatCount(row.partly) },
  { key: 'wrong', label: 'Wrong', align: 'right', render: (row) => formatCount(row.wrong) },
  {
    key: 'score',
    label: 'Score',
    align: 'right',
    render: (row) => (gradedOf(row) === 0 ? '–' : formatShare((row.correct + row.partly / 2) / gradedOf(row))),
  },
  { key: 'waiting', label: 'Waiting', align: 'right', from: 'sm', render: (row) => formatCount(row.waiting) },
  { key: 'scripted', label: 'Scripted', align: 'right', from: 'md', render: (row) => formatCount(row.scripted) },
];

/** What was said so far, by arm; a partly right answer counts half. */
export function GradeTable({ counts }: { counts: readonly GradeCount[] }) {
  const rows = counts.filter((row) => gradedOf(row) + row.waiting > 0);
  if (rows.length === 0) return null;
  return (
    <Section title="Grades so far" flush>
      <DataTable label="Grades" rows={rows} columns={COLUMNS} rowKey={({ arm }) => arm} />
    </Section>
  );
}
