import { Box, Button, Link as MuiLink, Typography } from '@mui/material';
import ForumIcon from '@mui/icons-material/ForumOutlined';
import { ListBase } from 'react-admin';
import { Link } from 'react-router-dom';
import { formatCount, formatMicros, formatShort } from '../../format.ts';
import { Choice } from '../../ui/Choice.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page } from '../../ui/Page.tsx';
import { PagedList, SHOWN_IN_PLACE } from '../../ui/PagedList.tsx';
import { PERIODS } from '../../ui/periods.ts';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { useFilters } from '../../ui/use-filters.ts';
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

function Filters() {
  const { get, set, clear, active } = useFilters();
  return (
    <FilterBar onClear={active ? clear : undefined}>
      <SearchField label="Search names and messages" value={get('text')} onChange={(text) => set('text', text)} />
      <Choice label="Arm" any="Any" value={get('arm')} onChange={(arm) => set('arm', arm)} options={ARMS} />
      <Choice
        label="Feedback"
        any="Any"
        value={get('feedback')}
        onChange={(feedback) => set('feedback', feedback)}
        options={FEEDBACK}
      />
      <Choice
        label="Period"
        any="All time"
        value={get('period')}
        onChange={(period) => set('period', period)}
        options={PERIODS}
      />
    </FilterBar>
  );
}

function Empty() {
  const { active, clear } = useFilters();
  return active ? (
    <EmptyState
      icon={ForumIcon}
      title="No conversation matches these filters"
      action={
        <Button variant="outlined" onClick={clear}>
          Clear filters
        </Button>
      }
    />
  ) : (
    <EmptyState
      icon={ForumIcon}
      title="No conversation yet"
      action={
        <Button component={Link} to="/connect" variant="contained">
          Connect an app
        </Button>
      }
    >
      An app that uses an OpenAI SDK points its base URL here; each of its conversations then stands in this list, with
      the arm that answered, what it cost and what people said.
    </EmptyState>
  );
}

export function List() {
  return (
    <ListBase
      resource="conversations"
      perPage={25}
      storeKey={false}
      disableAuthentication
      queryOptions={SHOWN_IN_PLACE}
    >
      <Page
        title="Conversations"
        lead="Chats that apps sent through Switchyard, the latest first. Messages are kept masked."
        wide
      >
        <Filters />
        <PagedList<ConversationRow> empty={<Empty />}>
          {(rows, stale) => (
            <DataTable
              label="Conversations"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.id}
              to={(row) => `/conversations/${row.id}/show`}
              faded={stale}
            />
          )}
        </PagedList>
      </Page>
    </ListBase>
  );
}
