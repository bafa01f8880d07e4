import { Box } from '@mui/material';
import { useApi } from '../../api/use-api.ts';
import type { SimulateDecisionQuery, SimulateDecisionQueryVariables } from '../../gql/graphql.ts';
import { Problem } from '../../ui/Problem.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { SimulateDecisionDocument } from './queries.ts';
import { Reasons } from './Reasons.tsx';

type GrantPlace = SimulateDecisionQuery['simulateDecision']['grants'][number];

/** The grants that had a say, as people read them. */
export function SpokenGrants({ grants }: { grants: readonly GrantPlace[] }) {
  if (grants.length === 0) return <>No grant names this caller and tool.</>;
  return (
    <Box component="ul" aria-label="Grants that spoke" sx={{ m: 0, pl: 2.5, fontSize: 13.5, color: 'text.secondary' }}>
      {grants.map((grant) => (
        <li key={JSON.stringify(grant)}>
          {grant.effect} {grant.subject}{' '}
          <code>
            {grant.server}.{grant.tool}
          </code>
        </li>
      ))}
    </Box>
  );
}

/** What policy would decide now, and why. Nothing is logged. */
export function Answer({ question }: { question: SimulateDecisionQueryVariables['question'] }) {
  const { data, error, refetch } = useApi(SimulateDecisionDocument, { question }, { keepPrevious: true });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return null;
  const { effect, reasons, grants } = data.simulateDecision;
  return (
    <Box
      aria-live="polite"
      data-testid="simulated"
      sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 1fr)' }}
    >
      <Box>
        <StatusChip kind="effect" value={effect} />
      </Box>
      <Reasons reasons={reasons} />
      <SpokenGrants grants={grants} />
    </Box>
  );
}
