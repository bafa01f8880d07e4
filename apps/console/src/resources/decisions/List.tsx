import { Box, Button, Link as MuiLink, Typography } from '@mui/material';
import PolicyIcon from '@mui/icons-material/PolicyOutlined';
import { Link } from 'react-router-dom';
import { JsonView } from '../../code/JsonView.tsx';
import { formatCount } from '../../format.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { FilterChoice, FilterSearch, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import { useFilters } from '../../ui/use-filters.ts';
import { surfaceLabel } from '../runs/words.ts';
import { SpokenGrants } from './Answer.tsx';
import type { Decision } from './queries.ts';
import { Reasons } from './Reasons.tsx';
import { Simulator } from './Simulator.tsx';
import { Today } from './Today.tsx';

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
          ['Grants then', <SpokenGrants key="grants" grants={decision.grants} />],
          ['Today', <Today key="today" decision={decision} />],
          [
            'Who',
            `${decision.principalName} (${decision.role ?? decision.principalKind}), through ${surfaceLabel(decision.surface)}`,
          ],
          [
            'Policy',
            `revision ${decision.revision}, ${decision.mode === 'dry_run' ? 'dry run: written down, not enforced' : 'enforced'}` +
              (decision.moduleRevision == null ? '' : `; own rules of revision ${decision.moduleRevision} were asked`),
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

const EFFECTS = [
  { value: 'allow', label: 'Allowed' },
  { value: 'deny', label: 'Denied' },
];

function OneRun() {
  const { get, set } = useFilters();
  return get('runId') === '' ? null : <Button onClick={() => set('runId', '')}>Only of one run: show all</Button>;
}

export function List() {
  return (
    <LongList<Decision>
      resource="decisions"
      title="Decisions"
      lead="What policy allowed and denied, with its reasons. Arguments are masked."
      actions={<Simulator />}
      filters={
        <ListFilters>
          <FilterSearch name="server" label="Server" />
          <FilterSearch name="tool" label="Tool" />
          <FilterChoice name="effect" label="Decision" any="Any" options={EFFECTS} />
          <OneRun />
        </ListFilters>
      }
      nothing={{
        icon: PolicyIcon,
        title: 'Nothing has been decided yet',
        text: 'Each time code or a client wants to call a tool, policy allows or denies it. Here you read what it decided, and why.',
        action: (
          <Button component={Link} to="/grants" variant="outlined">
            Look at the grants
          </Button>
        ),
        filtered: 'No decision matches these filters',
      }}
      label="Decisions"
      columns={COLUMNS}
      detail={(decision) => <Detail decision={decision} />}
    />
  );
}
