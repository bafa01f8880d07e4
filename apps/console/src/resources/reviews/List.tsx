import { Box, Button, Chip, Link as MuiLink, Typography } from '@mui/material';
import RateReviewIcon from '@mui/icons-material/RateReviewOutlined';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { FilterChoice, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { surfaceLabel } from '../runs/words.ts';
import { BlocksDialog } from './BlocksDialog.tsx';
import { ReviewQueueDocument, type ReviewRow } from './queries.ts';
import { RulesDialog } from './RulesDialog.tsx';
import { REASONS, reasonLabel, stateOf, STATUSES } from './words.ts';

const COLUMNS: readonly Column<ReviewRow>[] = [
  {
    key: 'status',
    label: 'State',
    width: 150,
    render: (item) => (
      <MuiLink
        component={Link}
        to={`/reviews/${item.id}/show`}
        underline="none"
        aria-label={`Review of run ${item.runId}`}
      >
        <StatusChip kind="review" value={stateOf(item)} />
      </MuiLink>
    ),
  },
  {
    key: 'why',
    label: 'Why',
    render: (item) => (
      <Box sx={{ display: 'flex', gap: 0.5, flexWrap: 'wrap' }}>
        {item.reasons.map((reason) => (
          <Chip key={reason} size="small" variant="outlined" label={reasonLabel(reason)} />
        ))}
      </Box>
    ),
  },
  {
    key: 'who',
    label: 'Who',
    from: 'sm',
    cut: true,
    render: (item) => (
      <>
        {item.principalName}
        <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
          {surfaceLabel(item.surface)}
        </Typography>
      </>
    ),
  },
  {
    key: 'calls',
    label: 'Calls',
    align: 'right',
    from: 'md',
    render: (item) => (item.denied > 0 ? `${item.calls}, ${item.denied} denied` : item.calls),
  },
  { key: 'run', label: 'Outcome', from: 'md', render: (item) => <StatusChip kind="run" value={item.runStatus} /> },
  { key: 'at', label: 'When', render: (item) => <RelativeTime at={item.createdAt} /> },
];

function Actions() {
  const { data } = useApi(ReviewQueueDocument, {});
  const [open, setOpen] = useState<'rules' | 'blocks'>();
  const mayDecide = useCan('reviews.decide');
  const first = data?.second.items[0] ?? data?.open.items[0];
  return (
    <>
      <Button onClick={() => setOpen('blocks')} data-testid="blocks">
        What is blocked
      </Button>
      <Button onClick={() => setOpen('rules')} data-testid="rules">
        Sampling
      </Button>
      {data && first && mayDecide && (
        <Button component={Link} to={`/reviews/${first.id}/show`} variant="contained" data-testid="start-review">
          Review {plural(data.reviewCounts.open + data.reviewCounts.second, 'run')}
        </Button>
      )}
      {open === 'rules' && <RulesDialog onClose={() => setOpen(undefined)} />}
      {open === 'blocks' && <BlocksDialog onClose={() => setOpen(undefined)} />}
    </>
  );
}

export function List() {
  return (
    <LongList<ReviewRow>
      resource="reviews"
      title="Review"
      lead="Runs that a person should look at. A violation takes two of you, and can block the code, the skill or the key at once."
      actions={<Actions />}
      filters={
        <ListFilters>
          <FilterChoice name="status" label="State" any="Any" options={STATUSES} />
          <FilterChoice name="reason" label="Why" any="Any reason" options={REASONS} />
        </ListFilters>
      }
      nothing={{
        icon: RateReviewIcon,
        title: 'Nothing to look at yet',
        text: 'Runs that may destroy something, that policy stopped, or that use a tool for the first time come here, and a sample of the rest. Sampling says which.',
        filtered: 'No run matches these filters',
      }}
      label="Runs to review"
      columns={COLUMNS}
      to={(item) => `/reviews/${item.id}/show`}
    />
  );
}
