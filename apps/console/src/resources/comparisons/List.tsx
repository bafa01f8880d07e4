import { Button, Link as MuiLink, Typography } from '@mui/material';
import CompareIcon from '@mui/icons-material/CompareArrowsOutlined';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useCan } from '../../session/use-viewer.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { armLabel } from '../conversations/ArmChip.tsx';
import { CompareTabs } from './CompareTabs.tsx';
import { Progress } from './Progress.tsx';
import type { ComparisonRow } from './queries.ts';
import { StartDialog } from './StartDialog.tsx';
import { spoken } from './words.ts';

const COLUMNS: readonly Column<ComparisonRow>[] = [
  {
    key: 'suite',
    label: 'Suite',
    cut: true,
    render: (row) => (
      <>
        <MuiLink component={Link} to={`/comparisons/${row.id}/show`} sx={{ fontWeight: 600 }}>
          {spoken(row.suite)}
        </MuiLink>
        <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
          {armLabel(row.baselineArm)} against {armLabel(row.candidateArm).toLowerCase()}
        </Typography>
      </>
    ),
  },
  { key: 'status', label: 'State', width: 128, render: (row) => <StatusChip kind="comparison" value={row.status} /> },
  {
    key: 'progress',
    label: 'Cases',
    width: 190,
    from: 'sm',
    render: (row) => <Progress done={row.doneCount} of={row.caseCount} />,
  },
  { key: 'who', label: 'Started by', from: 'md', render: (row) => row.startedByName },
  { key: 'at', label: 'When', render: (row) => <RelativeTime at={row.startedAt} /> },
];

export default function List() {
  const mayRun = useCan('comparisons.run');
  const [starting, setStarting] = useState(false);
  const start = mayRun && (
    <Button variant="contained" onClick={() => setStarting(true)} data-testid="start-comparison">
      Compare the arms
    </Button>
  );
  return (
    <>
      <LongList<ComparisonRow>
        resource="comparisons"
        title="Comparisons"
        lead="The same questions through both ways: are the answers as good, and what do they take?"
        actions={start}
        above={<CompareTabs />}
        nothing={{
          icon: CompareIcon,
          title: 'Nothing has been compared yet',
          text: 'A suite asks each of its questions in both arms and holds the answers together: facts, tokens, cost and time. It takes a minute or two.',
          action: start,
          filtered: 'No comparison matches',
        }}
        label="Comparisons"
        columns={COLUMNS}
        to={(row) => `/comparisons/${row.id}/show`}
      />
      {starting && <StartDialog onClose={() => setStarting(false)} />}
    </>
  );
}
