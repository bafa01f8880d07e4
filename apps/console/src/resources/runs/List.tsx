import { Box, Button, Link as MuiLink, Typography } from '@mui/material';
import AccountTreeIcon from '@mui/icons-material/AccountTreeOutlined';
import { Link } from 'react-router-dom';
import { formatCount, formatDuration, formatShort } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { FilterChoice, FilterPeriod, FilterSearch, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
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

export function List() {
  const mayRun = useCan('runs.execute');
  return (
    <LongList<RunRow>
      resource="runs"
      title="Runs"
      lead="Code that ran in this tenant, newest first."
      actions={<LiveMark />}
      filters={
        <ListFilters>
          <FilterSearch name="text" label="Search code and results" />
          <FilterSearch name="principal" label="Who" />
          <FilterChoice name="status" label="Outcome" any="Any" options={RUN_STATUSES} />
          <FilterChoice name="surface" label="Came by" any="Any way" options={SURFACES} />
          <FilterPeriod />
        </ListFilters>
      }
      nothing={{
        icon: AccountTreeIcon,
        title: 'Nothing has run yet',
        text: 'Each piece of code that a model, a program or you run is kept here: what it was, what it called, what policy said, and what came back.',
        action: (
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
        ),
        filtered: 'No run matches these filters',
      }}
      label="Runs"
      columns={COLUMNS}
      to={(run) => `/runs/${run.id}/show`}
    />
  );
}
