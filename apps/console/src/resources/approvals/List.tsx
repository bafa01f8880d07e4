import { Alert, Box, Button, Typography } from '@mui/material';
import ApprovalIcon from '@mui/icons-material/HowToRegOutlined';
import BookmarkIcon from '@mui/icons-material/BookmarkBorderOutlined';
import { Link } from 'react-router-dom';
import type { Column } from '../../ui/DataTable.tsx';
import { FilterChoice, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import { useFirstWaiting } from './use-queue.ts';
import type { ApprovalRow } from './queries.ts';
import { APPROVAL_STATUSES, askerOf } from './words.ts';

const inOneLine = (args: unknown): string => JSON.stringify(args ?? {}).slice(0, 160);

const COLUMNS: readonly Column<ApprovalRow>[] = [
  {
    key: 'status',
    label: 'State',
    width: 150,
    render: (approval) => <StatusChip kind="approval" value={approval.status} />,
  },
  {
    key: 'tool',
    label: 'Tool',
    width: '22%',
    render: (approval) => (
      <>
        <ToolName server={approval.server} tool={approval.tool} />
        <Typography variant="caption" color="textSecondary" sx={{ display: { xs: 'block', sm: 'none' } }}>
          {approval.principalName}, <RelativeTime at={approval.requestedAt} />
        </Typography>
      </>
    ),
  },
  {
    key: 'args',
    label: 'With',
    from: 'md',
    render: (approval) => (
      <Box sx={{ fontFamily: 'monospace', fontSize: 12.5, overflowWrap: 'anywhere', color: 'text.secondary' }}>
        {inOneLine(approval.args)}
      </Box>
    ),
  },
  { key: 'risk', label: 'Risk', from: 'sm', width: 130, render: ({ risk }) => <StatusChip kind="risk" value={risk} /> },
  { key: 'who', label: 'Who asks', from: 'sm', render: (approval) => askerOf(approval) },
  {
    key: 'until',
    label: 'When',
    from: 'sm',
    render: ({ status, requestedAt, expiresAt, decidedBy }) =>
      status === 'pending' ? (
        <>
          until <RelativeTime at={expiresAt} />
        </>
      ) : (
        <>
          <RelativeTime at={requestedAt} />
          {decidedBy != null && (
            <Typography variant="caption" color="textSecondary" component="div">
              by {decidedBy}
            </Typography>
          )}
        </>
      ),
  },
];

/** One key or click to the oldest that waits for this person. */
function Queue() {
  const { first, count } = useFirstWaiting();
  if (!first)
    return count === 0 ? null : (
      <Alert severity="info" sx={{ mb: 2 }}>
        {count === 1 ? 'One call waits' : `${count} calls wait`} for others: you may not decide on{' '}
        {count === 1 ? 'it' : 'them'}.
      </Alert>
    );
  return (
    <Alert
      severity="warning"
      icon={<ApprovalIcon />}
      sx={{ mb: 2 }}
      data-testid="queue"
      action={
        <Button component={Link} to={`/approvals/${first.id}/show`} variant="contained" size="small" autoFocus>
          Decide
        </Button>
      }
    >
      {count === 1 ? 'One call waits' : `${count} calls wait`} for a person. Code stands still until then.
    </Alert>
  );
}

export function List() {
  return (
    <LongList<ApprovalRow>
      resource="approvals"
      title="Approvals"
      lead="Calls of tools that a person has to allow first. Which ones, the rules on the Grants page say."
      actions={
        <Button component={Link} to="/approvals/remembered" startIcon={<BookmarkIcon />} variant="outlined">
          Remembered decisions
        </Button>
      }
      above={<Queue />}
      filters={
        <ListFilters>
          <FilterChoice name="status" label="State" any="Any" options={APPROVAL_STATUSES} />
        </ListFilters>
      }
      nothing={{
        icon: ApprovalIcon,
        title: 'Nobody has been asked yet',
        text: 'A rule on the Grants page can say that a call needs an approval: of a tool, above an amount, at night. The code that makes it waits here until a person decides.',
        action: (
          <Button component={Link} to="/grants" variant="outlined">
            Go to the rules
          </Button>
        ),
        filtered: 'No approval is in this state',
      }}
      label="Approvals"
      columns={COLUMNS}
      to={({ id }) => `/approvals/${id}/show`}
    />
  );
}
