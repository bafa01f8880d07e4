import { Step, StepLabel, Stepper, Typography } from '@mui/material';
import { plural } from '../../format.ts';
import type { Rollout } from './queries.ts';
import { formatBasisPoints, formatMinutes } from './words.ts';

/** The plan's steps: those behind, the one now, those to come. */
export function Plan({ rollout }: { rollout: Rollout }) {
  const begun = rollout.status !== 'draft' && rollout.status !== 'scheduled';
  const active = rollout.status === 'completed' ? rollout.plan.steps.length : begun ? rollout.stepIndex : -1;
  return (
    <Stepper activeStep={active} alternativeLabel sx={{ overflowX: 'auto', pb: 1 }} aria-label="Plan">
      {rollout.plan.steps.map((step, position) => (
        <Step key={position}>
          <StepLabel
            optional={
              <Typography variant="caption" color="textSecondary" component="div" sx={{ textAlign: 'center' }}>
                {formatMinutes(step.dwellMinutes)}, {plural(step.minUnits, 'unit')} each
                {step.advance === 'manual' && <div>by hand</div>}
              </Typography>
            }
          >
            {formatBasisPoints(step.shareBasisPoints)}
          </StepLabel>
        </Step>
      ))}
    </Stepper>
  );
}
