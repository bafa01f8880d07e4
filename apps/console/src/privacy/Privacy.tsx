import { Box, Skeleton, Typography } from '@mui/material';
import ShieldIcon from '@mui/icons-material/PrivacyTipOutlined';
import { useState } from 'react';
import { useApi } from '../api/use-api.ts';
import { formatCount } from '../format.ts';
import type { MaskedQuery } from '../gql/graphql.ts';
import { Choice } from '../ui/Choice.tsx';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Page, Section } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { MaskedDocument, PrivacyDocument } from './queries.ts';
import { SettingsForm } from './SettingsForm.tsx';
import { placeWords } from './words.ts';

type Masked = MaskedQuery['maskedCounts'][number];

const COLUMNS: readonly Column<Masked>[] = [
  { key: 'place', label: 'Where', render: ({ place }) => placeWords(place) },
  { key: 'field', label: 'Field', render: ({ field }) => (field === '' ? 'in the text' : field) },
  { key: 'kind', label: 'Kind', render: ({ kind }) => kind },
  { key: 'count', label: 'Times', align: 'right', render: ({ count }) => formatCount(count) },
];
const PERIODS = [
  { value: '1', label: 'Today' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
];

function MaskedTable() {
  const [days, setDays] = useState('30');
  const { data, error, refetch } = useApi(MaskedDocument, { days: Number(days) }, { keepPrevious: true });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  const rows = data?.maskedCounts;
  return (
    <>
      <Choice label="Period" value={days} onChange={setDays} options={PERIODS} />
      {rows === undefined ? (
        <Skeleton variant="rounded" height={120} />
      ) : rows.length === 0 ? (
        <EmptyState icon={ShieldIcon} title="Nothing was replaced in this time">
          Private data in messages, tool results and code is counted here by kind and place, never with its value.
        </EmptyState>
      ) : (
        <div data-testid="masked">
          <DataTable
            label="What was replaced"
            rows={rows}
            columns={COLUMNS}
            rowKey={({ place, field, kind }) => `${place} ${field} ${kind}`}
          />
        </div>
      )}
    </>
  );
}

/** Private data of conversations: what was replaced where, and what is. */
export default function Privacy() {
  const { data, error, refetch } = useApi(PrivacyDocument, {});
  const settings = data?.privacySettings;
  return (
    <Page title="Privacy">
      <Box sx={{ display: 'grid', gap: 3, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Section title="What was replaced">
          <Typography variant="body2" color="textSecondary" sx={{ mb: 2 }}>
            On the way to a model private data becomes words such as [EMAIL_1]. Tools get back what they stand for, and
            so does the end user.
          </Typography>
          <MaskedTable />
        </Section>
        <Section title="What is replaced">
          {error ? (
            <Problem error={error} retry={() => void refetch()} />
          ) : settings === undefined ? (
            <Skeleton variant="rounded" height={320} />
          ) : (
            <SettingsForm key={JSON.stringify(settings)} settings={settings} />
          )}
        </Section>
      </Box>
    </Page>
  );
}
