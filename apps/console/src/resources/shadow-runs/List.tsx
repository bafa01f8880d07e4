import { Box, Button, Typography } from '@mui/material';
import CompareIcon from '@mui/icons-material/CompareArrowsOutlined';
import { Link } from 'react-router-dom';
import { useCan } from '../../session/use-viewer.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { FilterChoice, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { CompareTabs } from '../comparisons/CompareTabs.tsx';
import { Pair } from '../comparisons/Pair.tsx';
import { ArmChip } from '../conversations/ArmChip.tsx';
import type { ShadowRun } from './queries.ts';
import { Summary } from './Summary.tsx';

const VERDICTS = [
  { value: 'equivalent', label: 'Equivalent' },
  { value: 'different', label: 'Different' },
  { value: 'unclear', label: 'Unclear' },
];

const COLUMNS: readonly Column<ShadowRun>[] = [
  {
    key: 'verdict',
    label: 'Answers are',
    width: 140,
    render: (run) =>
      run.verdict == null ? (
        <StatusChip kind="shadow" value={run.status} />
      ) : (
        <StatusChip kind="verdict" value={run.verdict} />
      ),
  },
  {
    key: 'question',
    label: 'Question',
    render: (run) => (
      <>
        <Box
          component="span"
          sx={{
            display: '-webkit-box',
            WebkitLineClamp: 2,
            WebkitBoxOrient: 'vertical',
            overflow: 'hidden',
            overflowWrap: 'anywhere',
          }}
        >
          {run.question}
        </Box>
        <Typography
          component="span"
          variant="caption"
          color="textSecondary"
          sx={{ display: { xs: 'none', sm: 'block' } }}
        >
          {run.conversation}
        </Typography>
      </>
    ),
  },
  { key: 'served', label: 'The user got', from: 'md', render: (run) => <ArmChip arm={run.servedArm} /> },
  { key: 'at', label: 'When', from: 'sm', render: (run) => <RelativeTime at={run.startedAt} /> },
];

function Detail({ run }: { run: ShadowRun }) {
  return (
    <Pair
      question={run.question}
      sides={[
        { arm: run.servedArm, answer: run.served },
        ...(run.shadow == null ? [] : [{ arm: run.shadowArm, answer: run.shadow }]),
      ]}
      reasons={run.error == null ? (run.equivalence?.reasons ?? []) : [run.error]}
    />
  );
}

export default function List() {
  const mayGrade = useCan('answers.grade');
  return (
    <LongList<ShadowRun>
      resource="shadow-runs"
      title="Comparisons"
      lead="Answers that users got, and what the other arm would have said. Nobody saw the second one; it could only read."
      actions={
        mayGrade && (
          <Button component={Link} to="/grading" variant="contained">
            Grade blind
          </Button>
        )
      }
      above={
        <>
          <CompareTabs />
          <Summary />
        </>
      }
      filters={
        <ListFilters>
          <FilterChoice name="verdict" label="Answers are" any="Anything" options={VERDICTS} />
        </ListFilters>
      }
      nothing={{
        icon: CompareIcon,
        title: 'No shadow run yet',
        text: 'Where a share is set, the other arm answers some questions besides, after the user has the answer.',
        filtered: 'No shadow run is like that',
      }}
      label="Shadow runs"
      columns={COLUMNS}
      detail={(run) => <Detail run={run} />}
    />
  );
}
