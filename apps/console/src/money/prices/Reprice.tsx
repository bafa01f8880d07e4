import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  TextField,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { formatMicros, plural } from '../../format.ts';
import { RepriceDocument } from './queries.ts';

const DAY_MS = 86_400_000;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Costs of a span by the prices that hold now; what they were is kept. */
export function Reprice({ onClose }: { onClose: () => void }) {
  const [from, setFrom] = useState(() => `${dayOf(Date.now()).slice(0, 8)}01`);
  const [to, setTo] = useState(() => dayOf(Date.now()));
  const [model, setModel] = useState('');
  const change = useChange(RepriceDocument, { quiet: true });
  const done = change.data?.repriceUsage;
  const backwards = from === '' || to === '' || from > to;
  return (
    <Dialog open onClose={onClose} maxWidth="xs" fullWidth aria-labelledby="reprice-title">
      <DialogTitle id="reprice-title" component="h2">
        Compute costs again
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Typography variant="body2" color="textSecondary">
          Every call of a model in these days gets the cost that the prices of now give it. What it was stays on record.
        </Typography>
        <Box sx={{ display: 'grid', gap: 1.25, gridTemplateColumns: '1fr 1fr' }}>
          {(
            [
              ['First day', from, setFrom],
              ['Last day', to, setTo],
            ] as const
          ).map(([label, value, set]) => (
            <TextField
              key={label}
              label={label}
              type="date"
              value={value}
              onChange={(event) => set(event.target.value)}
              error={backwards}
              slotProps={{ inputLabel: { shrink: true } }}
            />
          ))}
        </Box>
        <TextField
          label="Only of the model"
          placeholder="all"
          value={model}
          onChange={(event) => setModel(event.target.value)}
          slotProps={{ inputLabel: { shrink: true } }}
        />
        {change.error != null && <Alert severity="error">{messageOf(change.error)}</Alert>}
        {done && (
          <Alert severity="success" data-testid="repriced">
            {plural(done.calls, 'call')} looked at, {plural(done.corrected, 'cost')} corrected
            {done.corrected > 0 &&
              `: ${formatMicros(Math.abs(done.differenceMicros))} ${done.differenceMicros < 0 ? 'less' : 'more'} in all`}
            .
          </Alert>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>{done ? 'Close' : 'Cancel'}</Button>
        <Button
          variant="contained"
          disabled={backwards}
          loading={change.isPending}
          onClick={() =>
            change.mutate({
              input: {
                from: `${from}T00:00:00Z`,
                to: new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString(), // the last day as a whole
                ...(model.trim() === '' ? {} : { model: model.trim().toLowerCase() }),
              },
            })
          }
          data-testid="confirm"
        >
          Compute again
        </Button>
      </DialogActions>
    </Dialog>
  );
}
