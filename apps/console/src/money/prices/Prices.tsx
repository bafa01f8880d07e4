import { Alert, Box, Button, FormControlLabel, Switch, Typography } from '@mui/material';
import PaidIcon from '@mui/icons-material/PaidOutlined';
import { useState } from 'react';
import { useApi } from '../../api/use-api.ts';
import { formatDate, formatRate, plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { AddPrice } from './AddPrice.tsx';
import { PriceDetail } from './PriceDetail.tsx';
import { PricesDocument, type Price, type Tier } from './queries.ts';
import { Reprice } from './Reprice.tsx';

const first = ({ tiers }: Price): Tier | undefined => tiers.find(({ aboveInputTokens }) => aboveInputTokens === 0);
const rate = (micros: number | null | undefined): string => (micros == null ? '–' : formatRate(micros));

const COLUMNS: readonly Column<Price>[] = [
  {
    key: 'model',
    label: 'Model',
    render: (price) => (
      <>
        <Box component="span" sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>
          {price.model}
        </Box>
        <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
          {price.provider}
          {price.tiers.length > 1 && ` · ${plural(price.tiers.length, 'tier')}`}
        </Typography>
      </>
    ),
  },
  { key: 'input', label: 'Input', align: 'right', render: (price) => rate(first(price)?.inputMicros) },
  {
    key: 'cached',
    label: 'Cached',
    align: 'right',
    from: 'sm',
    render: (price) => rate(first(price)?.cachedInputMicros),
  },
  { key: 'output', label: 'Output', align: 'right', render: (price) => rate(first(price)?.outputMicros) },
  { key: 'from', label: 'From', from: 'md', render: (price) => formatDate(price.validFrom) },
  {
    key: 'status',
    label: 'State',
    from: 'sm',
    render: (price) => (price.listed ? 'Not checked' : <StatusChip kind="price" value={price.status} />),
  },
];

/** Rows of a kind, newest on top. */
const newest = (prices: readonly Price[]): Price[] => prices.toSorted((a, b) => b.validFrom.localeCompare(a.validFrom));

export default function Prices() {
  const { data, error, refetch } = useApi(PricesDocument, {});
  const mayWrite = useCan('money.write');
  const [text, setText] = useState('');
  const [ownOnly, setOwnOnly] = useState(false);
  const [open, setOpen] = useState<'add' | 'reprice'>();
  const all = data?.prices ?? [];
  const waiting = all.filter(({ status }) => status === 'pending').length;
  const [own, listed] = [all.filter((price) => !price.listed), all.filter((price) => price.listed)];
  const shown = [...newest(own), ...(ownOnly ? [] : listed)].filter(({ provider, model }) =>
    `${provider} ${model}`.includes(text.trim().toLowerCase()),
  );
  return (
    <Page
      title="Prices"
      parent={{ label: 'Savings', to: '/savings' }}
      lead="Dollars for a million tokens. A row never changes: a newer one stands over it from its day on, and yours stand over the shipped list, which nobody has checked for you."
      actions={
        mayWrite && (
          <>
            <Button variant="outlined" onClick={() => setOpen('reprice')} data-testid="reprice">
              Compute again
            </Button>
            <Button variant="contained" onClick={() => setOpen('add')} data-testid="add-price">
              Add a price
            </Button>
          </>
        )
      }
    >
      {waiting > 0 && (
        <Alert severity="warning" sx={{ mb: 2 }}>
          {plural(waiting, 'price')} {waiting === 1 ? 'differs' : 'differ'} much from what held before, and{' '}
          {waiting === 1 ? 'waits until a person has looked at it.' : 'wait until a person has looked at them.'}
        </Alert>
      )}
      <FilterBar>
        <SearchField label="Model or provider" value={text} onChange={setText} settleMs={0} />
        <FormControlLabel
          control={<Switch checked={ownOnly} onChange={(_, checked) => setOwnOnly(checked)} />}
          label={`Only ours (${own.length})`}
        />
      </FilterBar>
      <Section flush>
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : !data ? (
          <RowsSkeleton />
        ) : shown.length === 0 ? (
          <EmptyState icon={PaidIcon} title={ownOnly && text === '' ? 'No price of your own yet' : 'No such price'}>
            {ownOnly && text === '' && 'The shipped list holds until you add a row for a model.'}
          </EmptyState>
        ) : (
          <DataTable
            label="Prices"
            rows={shown}
            columns={COLUMNS}
            rowKey={({ id }) => id}
            detail={(price) => <PriceDetail price={price} mayDecide={mayWrite} />}
          />
        )}
      </Section>
      {open === 'add' && <AddPrice known={all} onClose={() => setOpen(undefined)} />}
      {open === 'reprice' && <Reprice onClose={() => setOpen(undefined)} />}
    </Page>
  );
}
