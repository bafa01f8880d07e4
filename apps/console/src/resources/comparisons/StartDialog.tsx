import {
  Alert,
  Box,
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  Radio,
  RadioGroup,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { messageOf } from '../../api/errors.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { Choice } from '../../ui/Choice.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { StartComparisonDocument, SuitesDocument, type Suite } from './queries.ts';

const ARMS = [
  { value: 'traditional', label: 'Traditional' },
  { value: 'code', label: 'Code' },
  { value: 'hybrid', label: 'Hybrid' },
] as const;
type Arm = (typeof ARMS)[number]['value'];
const asArm = (value: string): Arm => ARMS.find((arm) => arm.value === value)?.value ?? 'code';

function SuiteChoice({ suite }: { suite: Suite }) {
  return (
    <FormControlLabel
      value={suite.name}
      control={<Radio size="small" sx={{ alignSelf: 'flex-start', mt: -0.25 }} />}
      sx={{ m: 0, p: 1.25, border: 1, borderColor: 'divider', borderRadius: 1.5, alignItems: 'flex-start' }}
      label={
        <Box>
          <Typography sx={{ fontWeight: 600, fontSize: 14.5 }}>
            {suite.title} · {plural(suite.cases.length, 'question')}
          </Typography>
          <Typography variant="body2" color="textSecondary">
            {suite.description}
          </Typography>
          <Typography variant="caption" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            Needs {suite.requires.join(', ')}
          </Typography>
        </Box>
      }
    />
  );
}

export function StartDialog({ onClose }: { onClose: () => void }) {
  const { data, error, refetch } = useApi(SuitesDocument, {});
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string>();
  const [baselineArm, setBaseline] = useState<Arm>('traditional');
  const [candidateArm, setCandidate] = useState<Arm>('code');
  const [allowWrites, setAllowWrites] = useState(false);
  const start = useChange(StartComparisonDocument, {
    quiet: true,
    done: ({ startComparison }) => navigate(`/comparisons/${startComparison.id}/show`),
  });
  const suite = data?.suites.find(({ name }) => name === chosen) ?? data?.suites[0];
  const writing = suite?.cases.filter(({ writes }) => writes).length ?? 0;
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="start-title">
      <DialogTitle id="start-title" component="h2">
        Compare the arms
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !data ? (
          <RowsSkeleton rows={3} />
        ) : (
          <RadioGroup
            value={suite?.name ?? ''}
            onChange={(event) => setChosen(event.target.value)}
            aria-label="Suite"
            sx={{ gap: 1, flexWrap: 'nowrap' }}
          >
            {data.suites.map((each) => (
              <SuiteChoice key={each.name} suite={each} />
            ))}
          </RadioGroup>
        )}
        <Box sx={{ display: 'flex', gap: 1.5, pt: 0.5 }}>
          <Choice label="As it was" value={baselineArm} onChange={(arm) => setBaseline(asArm(arm))} options={ARMS} />
          <Choice label="Against" value={candidateArm} onChange={(arm) => setCandidate(asArm(arm))} options={ARMS} />
        </Box>
        {baselineArm === candidateArm && <Alert severity="info">Choose two different arms.</Alert>}
        {writing > 0 && (
          <FormControlLabel
            control={<Checkbox checked={allowWrites} onChange={(_, checked) => setAllowWrites(checked)} />}
            label={`Also the ${plural(writing, 'question')} whose tools really change something`}
          />
        )}
        <Typography variant="body2" color="textSecondary">
          Each question is asked once in each arm, by the model that answers your chats, and costs what two chats cost.
        </Typography>
        {start.error != null && <Alert severity="error">{messageOf(start.error)}</Alert>}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          variant="contained"
          disabled={!suite || baselineArm === candidateArm}
          loading={start.isPending}
          onClick={() =>
            suite && start.mutate({ input: { suite: suite.name, baselineArm, candidateArm, allowWrites } })
          }
          data-testid="confirm"
        >
          Start
        </Button>
      </DialogActions>
    </Dialog>
  );
}
