import { Alert, Box, Button, Link as MuiLink, TextField, Typography } from '@mui/material';
import AltRouteIcon from '@mui/icons-material/AltRouteOutlined';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import { messageOf } from '../../api/errors.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { armLabel } from '../conversations/ArmChip.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { AskReason } from './AskReason.tsx';
import { KillSwitch } from './KillSwitch.tsx';
import { CreateRolloutDocument, RolloutsDocument, type Rollout } from './queries.ts';
import { StatusMark } from './StatusMark.tsx';
import { formatBasisPoints } from './words.ts';

const TEMPLATES = [
  { value: 'standard', label: 'Standard: 10, 25, 50, then all' },
  { value: 'cautious', label: 'Cautious: smaller steps, longer looks' },
  { value: 'fast', label: 'Fast: bigger steps' },
];

const COLUMNS: readonly Column<Rollout>[] = [
  {
    key: 'name',
    label: 'Rollout',
    render: (rollout) => (
      <MuiLink component={Link} to={`/rollouts/${rollout.id}/show`} underline="hover" sx={{ fontWeight: 600 }}>
        {rollout.name}
      </MuiLink>
    ),
  },
  { key: 'status', label: 'Stands', render: ({ status }) => <StatusMark status={status} /> },
  { key: 'share', label: 'Share', align: 'right', render: (one) => formatBasisPoints(one.shareBasisPoints) },
  { key: 'arm', label: 'Arm', from: 'sm', render: ({ plan }) => armLabel(plan.arm) },
  { key: 'when', label: 'Changed', from: 'sm', render: ({ updatedAt }) => <RelativeTime at={updatedAt} /> },
];

function NewRollout({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState('Code execution');
  const [template, setTemplate] = useState('standard');
  const create = useChange(CreateRolloutDocument, {
    quiet: true,
    done: ({ createRollout }) => navigate(`/rollouts/${createRollout.id}/show`),
  });
  return (
    <AskReason
      title="A new rollout"
      act="Make it"
      busy={create.isPending}
      problem={create.isError ? messageOf(create.error) : undefined}
      onAct={(reason) =>
        create.mutate({ input: { name: name.trim(), template: template as 'standard' | 'cautious' | 'fast', reason } })
      }
      onClose={onClose}
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', pt: 1 }}>
        <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} required />
        <Choice label="Plan" value={template} onChange={setTemplate} options={TEMPLATES} />
        <Typography variant="caption">Nothing moves until you start it.</Typography>
      </Box>
    </AskReason>
  );
}

export default function List() {
  const { data, error, refetch } = useApi(RolloutsDocument, { limit: 100 });
  const mayWrite = useCan('rollouts.write');
  const [making, setMaking] = useState(false);
  const make = mayWrite && (
    <Button variant="contained" onClick={() => setMaking(true)} data-testid="new-rollout">
      New rollout
    </Button>
  );
  return (
    <Page
      title="Rollouts"
      lead="The share of conversations that code answers, step by step, with guards that take it back."
      actions={
        <>
          <KillSwitch />
          {data && data.rollouts.items.length > 0 && make}
        </>
      }
      wide
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} tall />
      ) : !data ? (
        <PageSkeleton />
      ) : (
        <Section flush>
          {data.rollouts.items.length === 0 ? (
            <EmptyState icon={AltRouteIcon} title="No rollout yet" action={make}>
              Every conversation is answered the traditional way. A rollout gives a share of them to code, watches
              errors, latency, accuracy and complaints, and goes back by itself when one of them is worse.
            </EmptyState>
          ) : (
            <DataTable
              label="Rollouts"
              rows={data.rollouts.items}
              columns={COLUMNS}
              rowKey={({ id }) => id}
              to={({ id }) => `/rollouts/${id}/show`}
            />
          )}
        </Section>
      )}
      {!mayWrite && (
        <Alert severity="info" sx={{ mt: 2 }}>
          Owners and admins move rollouts; you may look.
        </Alert>
      )}
      {making && <NewRollout onClose={() => setMaking(false)} />}
    </Page>
  );
}
