import {
  Alert,
  Autocomplete,
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
import { useNotify } from 'react-admin';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import type { PriceTierInput } from '../../gql/graphql.ts';
import { AddPriceDocument, type Price } from './queries.ts';
import { NEW_TIER, tierOf } from './tier-draft.ts';
import { TierFields } from './TierFields.tsx';

const today = (): string => new Date().toISOString().slice(0, 10);
const MOST_TIERS = 10;

/** A row of a provider's price list, from a day on. */
export function AddPrice({ known, onClose }: { known: readonly Price[]; onClose: () => void }) {
  const notify = useNotify();
  const [provider, setProvider] = useState('openai');
  const [model, setModel] = useState('');
  const [validFrom, setValidFrom] = useState(today);
  const [sourceUrl, setSourceUrl] = useState('');
  const [sourceDate, setSourceDate] = useState(today);
  const [drafts, setDrafts] = useState([NEW_TIER]);
  const add = useChange(AddPriceDocument, {
    quiet: true,
    done: ({ addPrice }) => {
      notify(
        addPrice.status === 'pending'
          ? 'The price is kept, and waits until a person accepts it: it differs much from what holds.'
          : 'The price holds from its day on. Costs that stand already are as they were: compute them again if you want.',
        { type: addPrice.status === 'pending' ? 'warning' : 'success', autoHideDuration: 8_000 },
      );
      onClose();
    },
  });
  const tiers = drafts.map(tierOf);
  const ready =
    provider.trim() !== '' &&
    model.trim() !== '' &&
    validFrom !== '' &&
    sourceDate !== '' &&
    sourceUrl.trim() !== '' &&
    tiers.every((tier) => tier !== undefined);
  const save = (): void =>
    add.mutate({
      input: {
        provider,
        model,
        validFrom: `${validFrom}T00:00:00Z`,
        sourceUrl: sourceUrl.trim(),
        sourceDate: `${sourceDate}T00:00:00Z`,
        tiers: tiers.filter((tier): tier is PriceTierInput => tier !== undefined),
      },
    });
  const names = (of: (price: Price) => string): string[] => [...new Set(known.map(of))].toSorted();
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="add-price-title">
      <Box
        component="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) save();
        }}
        sx={{ display: 'contents' }}
      >
        <DialogTitle id="add-price-title" component="h2">
          Add a price
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', '&&': { pt: 1 } }}>
          <Box sx={{ display: 'grid', gap: 1.25, gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' } }}>
            <Autocomplete
              freeSolo
              options={names((price) => price.provider)}
              inputValue={provider}
              onInputChange={(_, value) => setProvider(value)}
              renderInput={(params) => <TextField {...params} label="Provider" />}
            />
            <Autocomplete
              freeSolo
              options={names((price) => price.model)}
              inputValue={model}
              onInputChange={(_, value) => setModel(value)}
              renderInput={(params) => <TextField {...params} label="Model" autoFocus />}
            />
            <TextField
              label="Holds from"
              type="date"
              value={validFrom}
              onChange={(event) => setValidFrom(event.target.value)}
              helperText="From midnight, UTC."
              slotProps={{ inputLabel: { shrink: true } }}
            />
          </Box>
          <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
            <Typography variant="body2" color="textSecondary">
              Dollars for a million tokens
            </Typography>
            {drafts.map((draft, at) => (
              <TierFields
                key={at}
                draft={draft}
                onChange={(next) => setDrafts(drafts.with(at, next))}
                {...(at === 0 ? {} : { onRemove: () => setDrafts(drafts.toSpliced(at, 1)) })}
              />
            ))}
            {drafts.length < MOST_TIERS && (
              <Button
                size="small"
                onClick={() => setDrafts([...drafts, { ...NEW_TIER, above: '200000' }])}
                sx={{ justifySelf: 'start' }}
              >
                Other rates for long prompts
              </Button>
            )}
          </Box>
          <Box sx={{ display: 'grid', gap: 1.25, gridTemplateColumns: { xs: '1fr', sm: '2fr 1fr' } }}>
            <TextField
              label="Where it says so"
              value={sourceUrl}
              onChange={(event) => setSourceUrl(event.target.value)}
              placeholder="https://"
              slotProps={{ inputLabel: { shrink: true }, htmlInput: { inputMode: 'url' } }}
            />
            <TextField
              label="Read there on"
              type="date"
              value={sourceDate}
              onChange={(event) => setSourceDate(event.target.value)}
              slotProps={{ inputLabel: { shrink: true } }}
            />
          </Box>
          {add.error != null && <Alert severity="error">{messageOf(add.error)}</Alert>}
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2 }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="contained" disabled={!ready} loading={add.isPending} data-testid="save-price">
            Add price
          </Button>
        </DialogActions>
      </Box>
    </Dialog>
  );
}
