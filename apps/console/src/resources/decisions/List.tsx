import { Box, Button, Link as MuiLink, Typography } from '@mui/material';
import PolicyIcon from '@mui/icons-material/PolicyOutlined';
import { ListBase } from 'react-admin';
import { Link } from 'react-router-dom';
import { JsonView } from '../../code/JsonView.tsx';
import { formatCount } from '../../format.ts';
import { Choice } from '../../ui/Choice.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page } from '../../ui/Page.tsx';
import { PagedList, SHOWN_IN_PLACE } from '../../ui/PagedList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import { useFilters } from '../../ui/use-filters.ts';
import { surfaceLabel } from '../runs/words.ts';
import type { Decision } from './queries.ts';
import { Reasons } from './Reasons.tsx';
import { Simulator } from './Simulator.tsx';

const COLUMNS: readonly Column<Decision>[] = [
  {
    key: 'effect',
    label: 'Decision',
    width: 110,
    render: (decision) => <StatusChip kind="effect" value={decision.effect} />,
  },
  {
    key: 'tool',
    label: 'Tool',
    width: '24%',
    render: (decision) => (
      <>
        <ToolName server={decision.server} tool={decision.tool} />
        <Typography variant="caption" color="textSecondary" sx={{ display: { xs: 'block', sm: 'none' } }}>
          <RelativeTime at={decision.at} />
        </Typography>
      </>
    ),
  },
  { key: 'why', label: 'Why', from: 'sm', render: (decision) => <Reasons reasons={decision.reasons} /> },
  {
    key: 'who',
    label: 'Who',
    from: 'md',
    render: (decision) => <Box sx={{ whiteSpace: 'nowrap' }}>{decision.principalName}</Box>,
  },
  { key: 'at', label: 'When', from: 'sm', render: (decision) => <RelativeTime at={decision.at} /> },
];

function Detail({ decision }: { decision: Decision }) {
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: 'minmax(0,1fr)', md: '1fr 1fr' } }}>
      <Facts
        rows={[
          ['Why', <Reasons key="why" reasons={decision.reasons} />],
          [
            'Who',
            `${decision.principalName} (${decision.role ?? decision.principalKind}), through ${surfaceLabel(decision.surface)}`,
          ],
          [
            'Policy',
            `revision ${decision.revision}, ${decision.mode === 'dry_run' ? 'dry run: written down, not enforced' : 'enforced'}`,
          ],
          ['Decided in', `${formatCount(decision.durationUs)} µs`],
          [
            'Run',
            decision.runId == null ? (
              'none'
            ) : (
              <MuiLink key="run" component={Link} to={`/runs/${decision.runId}/show`}>
                Show the run
              </MuiLink>
            ),
          ],
        ]}
      />
      <JsonView value={decision.input} label="input of the decision" />
    </Box>
  );
}

function Filters() {
  const { get, set, clear, active } = useFilters();
  return (
    <FilterBar onClear={active ? clear : undefined}>
      <SearchField label="Server" value={get('server')} onChange={(server) => set('server', server)} />
      <SearchField label="Tool" value={get('tool')} onChange={(tool) => set('tool', tool)} />
      <Choice
        label="Decision"
        any="Any"
        value={get('effect')}
        onChange={(effect) => set('effect', effect)}
        options={[
          { value: 'allow', label: 'Allowed' },
          { value: 'deny', label: 'Denied' },
        ]}
      />
      {get('runId') !== '' && <Button onClick={() => set('runId', '')}>Only of one run: show all</Button>}
    </FilterBar>
  );
}

function Empty() {
  const { active, clear } = useFilters();
  return active ? (
    <EmptyState
      icon={PolicyIcon}
      title="No decision matches these filters"
      action={
        <Button variant="outlined" onClick={clear}>
          Clear filters
        </Button>
      }
    />
  ) : (
    <EmptyState
      icon={PolicyIcon}
      title="Nothing has been decided yet"
      action={
        <Button component={Link} to="/grants" variant="outlined">
          Look at the grants
        </Button>
      }
    >
      Each time code or a client wants to call a tool, policy allows or denies it. Here you read what it decided, and
      why.
    </EmptyState>
  );
}

export function List() {
  return (
    <ListBase resource="decisions" perPage={25} storeKey={false} disableAuthentication queryOptions={SHOWN_IN_PLACE}>
      <Page
        title="Decisions"
        lead="What policy allowed and denied, with its reasons. Arguments are masked."
        actions={<Simulator />}
        wide
      >
        <Filters />
        <PagedList<Decision> empty={<Empty />}>
          {(rows, stale) => (
            <DataTable
              label="Decisions"
              rows={rows}
              columns={COLUMNS}
              rowKey={(decision) => decision.id}
              detail={(decision) => <Detail decision={decision} />}
              faded={stale}
            />
          )}
        </PagedList>
      </Page>
    </ListBase>
  );
}
