import {
  Alert,
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  FormGroup,
  TextField,
} from '@mui/material';
import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import type { ReviewRulesQuery } from '../../gql/graphql.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Problem } from '../../ui/Problem.tsx';
import { ReviewRulesDocument, SetReviewRulesDocument } from './queries.ts';

type Rules = ReviewRulesQuery['reviewRules'];

const KINDS = [
  { name: 'destructive', label: 'All that called a tool which may destroy something, or does not say' },
  { name: 'denied', label: 'All in which policy denied a call, or that were blocked' },
  { name: 'firstUse', label: 'The first that used a tool' },
  { name: 'newShape', label: 'The first of each new kind of code' },
] as const;

function Form({ rules, onClose }: { rules: Rules; onClose: () => void }) {
  const [wanted, setWanted] = useState(rules);
  const [percent, setPercent] = useState(String(rules.restBasisPoints / 100));
  const mayDecide = useCan('reviews.decide');
  const save = useChange(SetReviewRulesDocument, { quiet: true, say: 'Sampling was saved.', done: onClose });
  const share = Math.round(Number(percent) * 100);
  const isBad = percent.trim() === '' || !Number.isFinite(share) || share < 0 || share > 10_000;
  return (
    <>
      <DialogContent>
        <FormGroup sx={{ mb: 2 }}>
          {KINDS.map(({ name, label }) => (
            <FormControlLabel
              key={name}
              disabled={!mayDecide}
              control={
                <Checkbox
                  checked={wanted[name]}
                  onChange={(event) => setWanted({ ...wanted, [name]: event.target.checked })}
                />
              }
              label={label}
            />
          ))}
        </FormGroup>
        <TextField
          size="small"
          label="Of the rest, percent"
          value={percent}
          disabled={!mayDecide}
          error={isBad}
          onChange={(event) => setPercent(event.target.value)}
          helperText="0 to 100, in hundredths"
          slotProps={{ htmlInput: { inputMode: 'decimal' } }}
        />
        {save.isError && (
          <Alert severity="error" sx={{ mt: 2 }}>
            {messageOf(save.error)}
          </Alert>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Close</Button>
        {mayDecide && (
          <Button
            variant="contained"
            disabled={isBad}
            loading={save.isPending}
            onClick={() => save.mutate({ input: { ...wanted, restBasisPoints: share } })}
            data-testid="save-rules"
          >
            Save
          </Button>
        )}
      </DialogActions>
    </>
  );
}

/** Which runs come before reviewers. */
export function RulesDialog({ onClose }: { onClose: () => void }) {
  const { data, error, refetch } = useApi(ReviewRulesDocument, {});
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="rules-title">
      <DialogTitle id="rules-title" component="h2">
        Which runs you look at
      </DialogTitle>
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : (
        data && <Form rules={data.reviewRules} onClose={onClose} />
      )}
    </Dialog>
  );
}
