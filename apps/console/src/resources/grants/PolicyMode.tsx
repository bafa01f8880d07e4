import { Chip } from '@mui/material';
import GavelIcon from '@mui/icons-material/GavelOutlined';
import VisibilityIcon from '@mui/icons-material/VisibilityOutlined';
import { useState } from 'react';
import { useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { SetPolicyModeDocument, type Policy } from './queries.ts';

/** Whether decisions are enforced, or only written down. */
export function PolicyMode({ mode }: { mode: Policy['mode'] }) {
  const mayWrite = useCan('policy.write');
  const [asking, setAsking] = useState(false);
  const enforced = mode === 'enforce';
  const change = useChange(SetPolicyModeDocument, {
    say: enforced ? 'Dry run: policy no longer stops anything.' : 'Policy is enforced.',
    done: () => setAsking(false),
  });
  return (
    <>
      <Chip
        icon={enforced ? <GavelIcon /> : <VisibilityIcon />}
        label={enforced ? 'Enforced' : 'Dry run: nothing is stopped'}
        color={enforced ? 'success' : 'warning'}
        variant="outlined"
        size="small"
        data-testid="policy-mode"
        {...(mayWrite ? { onClick: () => setAsking(true) } : {})}
      />
      <Confirm
        open={asking}
        title={enforced ? 'Stop enforcing policy?' : 'Enforce policy again?'}
        act={enforced ? 'Switch to dry run' : 'Enforce policy'}
        grave={enforced}
        busy={change.isPending}
        onAct={() => change.mutate({ mode: enforced ? 'dry_run' : 'enforce' })}
        onClose={() => setAsking(false)}
      >
        {enforced
          ? 'In a dry run every call goes through, also those that the grants deny. Decisions are still written to the log, so that you can see what policy would have stopped. It holds for this tenant, at once.'
          : 'From now on calls that the grants deny are stopped, at once and for everybody in this tenant.'}
      </Confirm>
    </>
  );
}
