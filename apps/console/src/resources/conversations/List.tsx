import { Box, Button, Link as MuiLink, Typography } from '@mui/material';
import ForumIcon from '@mui/icons-material/ForumOutlined';
import { Link } from 'react-router-dom';
import { formatCount, formatMicros, formatShort } from '../../format.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { FilterChoice, FilterPeriod, FilterSearch, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { ArmChip, ScriptedChip } from './ArmChip.tsx';
import type { ConversationRow } from './queries.ts';

const ARMS = [
  { value: 'traditional', label: 'Traditional' },
  { value: 'code', label: 'Code' },
  { value: 'hybrid', label: 'Hybrid' },
];
const FEEDBACK = [
  { value: 'complaint', label: 'Complaint' },
  { value: 'correction', label: 'Correction' },
  { value: 'praise', label: 'Praise' },
];

function Troubles({ row }: { row: ConversationRow }) {
  const said = [
    row.errors > 0 && `${formatCount(row.errors)} failed`,
    row.fallbacks > 0 && `${formatCount(row.fallbacks)} fell back`,
    row.complaints > 0 && `${formatCount(row.complaints)} complained`,
  ].filter(Boolean);
  return said.length === 0 ? (
    <>–</>
  ) : (
    <Box component="span" sx={{ color: 'warning.main', fontWeight: 600 }}>
      {said.join(', ')}
    </Box>
  );
}

const COLUMNS: readonly Column<ConversationRow>[] = [
  {
    key: 'arm',
    label: 'Arm',
    width: 120,
    render: (row) => (
      <MuiLink
        component={Link}
        to={`/conversations/${row.id}/show`}
        underline="none"
        aria-label={`Conversation ${row.key}`}
      >
        <ArmChip arm={row.arm} />
      </MuiLink>
    ),
  },
  {
    key: 'key',
    label: 'Conversation',
    cut: true,
    render: (row) => (
      <>
        {row.key}
        <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
          {row.principalName} · <RelativeTime at={row.lastAt} />
        </Typography>
      </>
    ),
  },
  { key: 'answers', label: 'Answers', align: 'right', from: 'sm', render: (row) => formatCount(row.answers) },
  { key: 'troubles', label: 'Troubles', render: (row) => <Troubles row={row} /> },
  {
    key: 'tokens',
    label: 'Tokens',
    align: 'right',
    from: 'md',
    render: (row) => formatShort(row.promptTokens + row.completionTokens),
  },
  {
    key: 'cost',
    label: 'Cost',
    align: 'right',
    from: 'md',
    render: (row) => (row.scripted ? <ScriptedChip /> : formatMicros(row.costMicros)),
  },
];

export function List() {
  return (
    <LongList<ConversationRow>
      resource="conversations"
      title="Conversations"
      lead="Chats that apps sent through Switchyard, the latest first. Messages are kept masked."
      filters={
        <ListFilters>
          <FilterSearch name="text" label="Search names and messages" />
          <FilterChoice name="arm" label="Arm" any="Any" options={ARMS} />
          <FilterChoice name="feedback" label="Feedback" any="Any" options={FEEDBACK} />
          <FilterPeriod />
        </ListFilters>
      }
      nothing={{
        icon: ForumIcon,
        title: 'No conversation yet',
        text: 'An app that uses an OpenAI SDK points its base URL here; each of its conversations then stands in this list, with the arm that answered, what it cost and what people said.',
        action: (
          <Button component={Link} to="/connect" variant="contained">
            Connect an app
          </Button>
        ),
        filtered: 'No conversation matches these filters',
      }}
      label="Conversations"
      columns={COLUMNS}
      to={(row) => `/conversations/${row.id}/show`}
    />
  );
}
