import { Box, Button, Link as MuiLink, Typography } from '@mui/material';
import AccountTreeIcon from '@mui/icons-material/AccountTreeOutlined';
import { ListBase } from 'react-admin';
import { Link } from 'react-router-dom';
import { formatCount, formatDuration, formatShort } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Choice } from '../../ui/Choice.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page } from '../../ui/Page.tsx';
import { PagedList, SHOWN_IN_PLACE } from '../../ui/PagedList.tsx';
import { PERIODS } from '../../ui/periods.ts';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { useFilters } from '../../ui/use-filters.ts';
import { LiveMark } from './LiveMark.tsx';
import type { RunRow } from './queries.ts';
import { RUN_STATUSES, SURFACES, surfaceLabel } from './words.ts';

const COLUMNS: readonly Column<RunRow>[] = [
  {
    key: 'status',
    label: 'Outcome',
    width: 118,
    render: (run) => (
      <MuiLink
        component={Link}
        to={`/runs/${run.id}/show`}
        underline="none"
        aria-label={`Run ${run.id}, ${run.status}`}
      >
        <StatusChip kind="run" value={run.status} />
      </MuiLink>
    ),
  },
  {
    key: 'who',
    label: 'Who',
    cut: true,
    render: (run) => (
      <>
        {run.principalName}
        <Typography
          component="span"
          variant="caption"
          color="textSecondary"
          sx={{ display: 'block', overflow: 'hidden', textOverflow: 'ellipsis' }}
        >
          {surfaceLabel(run.surface)}
          {run.conversation != null && ` · ${run.conversation}`}
        </Typography>
      </>
    ),
  },
  { key: 'started', label: 'Started', render: (run) => <RelativeTime at={run.startedAt} /> },
  {
    key: 'duration',
    label: 'Took',
    align: 'right',
    from: 'sm',
    render: (run) => (run.durationMs == null ? '–' : formatDuration(run.durationMs)),
  },
  {
    key: 'calls',
    label: 'Calls',
    align: 'right',
    from: 'sm',
    render: (run) => (
      <>
        {formatCount(run.callCount)}
        {run.deniedCount > 0 && (
          <Box component="span" sx={{ color: 'warning.main', fontWeight: 600 }}>
            {' '}
            ({formatCount(run.deniedCount)} denied)
          </Box>
        )}
      </>
    ),
  },
  {
    key: 'returned',
    label: 'Tokens returned',
    align: 'right',
    from: 'lg',
    render: (run) => formatShort(run.tokensReturned),
  },
  { key: 'keptOut', label: 'Kept out', align: 'right', from: 'md', render: (run) => formatShort(run.tokensKeptOut) },
];

function Filters() {
  const { get, set, clear, active } = useFilters();
  return (
    <FilterBar onClear={active ? clear : undefined}>
      <SearchField label="Search code and results" value={get('text')} onChange={(text) => set('text', text)} />
      <SearchField label="Who" value={get('principal')} onChange={(who) => set('principal', who)} />
      <Choice
        label="Outcome"
        any="Any"
        value={get('status')}
        onChange={(status) => set('status', status)}
        options={RUN_STATUSES}
      />
      <Choice
        label="Came by"
        any="Any way"
        value={get('surface')}
        onChange={(surface) => set('surface', surface)}
        options={SURFACES}
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
  const mayRun = useCan('runs.execute');
  return active ? (
    <EmptyState
      icon={AccountTreeIcon}
      title="No run matches these filters"
      action={
        <Button variant="outlined" onClick={clear}>
          Clear filters
        </Button>
      }
    />
  ) : (
    <EmptyState
      icon={AccountTreeIcon}
      title="Nothing has run yet"
      action={
        <>
          {mayRun && (
            <Button component={Link} to="/playground" variant="contained">
              Open the playground
            </Button>
          )}
          <Button component={Link} to="/connect" variant="outlined">
            Connect a client
          </Button>
        </>
      }
    >
      Each piece of code that a model, a program or you run is kept here: what it was, what it called, what policy said,
      and what came back.
    </EmptyState>
  );
}

export function List() {
  return (
    <ListBase
      resource="runs"
      perPage={25}
      storeKey={false}
      sort={{ field: 'startedAt', order: 'DESC' }}
      disableAuthentication
      queryOptions={SHOWN_IN_PLACE}
    >
      <Page title="Runs" lead="Code that ran in this tenant, newest first." actions={<LiveMark />} wide>
        <Filters />
        <PagedList<RunRow> empty={<Empty />}>
          {(rows, stale) => (
            <DataTable
              label="Runs"
              rows={rows}
              columns={COLUMNS}
              rowKey={(run) => run.id}
              to={(run) => `/runs/${run.id}/show`}
              faded={stale}
            />
          )}
        </PagedList>
      </Page>
    </ListBase>
  );
}
