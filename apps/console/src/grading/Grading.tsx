import { Tab, Tabs } from '@mui/material';
import { useSearchParams } from 'react-router-dom';
import { useApi } from '../api/use-api.ts';
import { formatDateTime } from '../format.ts';
import { ComparisonsDocument } from '../resources/comparisons/queries.ts';
import { spoken } from '../resources/comparisons/words.ts';
import { Choice } from '../ui/Choice.tsx';
import { Page } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { FromTraffic } from './FromTraffic.tsx';
import { SideBySide } from './SideBySide.tsx';

/** What people say of answers: two beside each other, blind; or one by one, from traffic. */
export default function Grading() {
  const [search, setSearch] = useSearchParams();
  const { data, error, refetch } = useApi(ComparisonsDocument, { limit: 50 });
  const one = search.get('answers') === 'traffic';
  const comparison = search.get('comparison');
  const answered = (data?.comparisons.items ?? []).filter(({ doneCount }) => doneCount > 0);
  // The newest comparison unless the address says otherwise; "shadow" are pairs of real traffic.
  const chosen = comparison ?? answered[0]?.id ?? 'shadow';
  const sources = [
    ...answered.map(({ id, suite, startedAt }) => ({
      value: id,
      label: `${spoken(suite)}, ${formatDateTime(startedAt)}`,
    })),
    { value: 'shadow', label: 'Shadow runs' },
  ];
  const known = sources.some(({ value }) => value === chosen);
  return (
    <Page
      title="Grading"
      lead="You are not told which arm answered. Say which answer serves the person who asked better."
      actions={
        !one && (
          <Choice
            label="Answers of"
            value={known ? chosen : ''}
            onChange={(value) => setSearch({ comparison: value }, { replace: true })}
            options={sources}
            minWidth={240}
          />
        )
      }
    >
      <Tabs
        value={one ? 'traffic' : 'pairs'}
        onChange={(_, next: string) => setSearch(next === 'traffic' ? { answers: 'traffic' } : {}, { replace: true })}
        aria-label="What to grade"
        sx={{ mb: 2, borderBottom: 1, borderColor: 'divider' }}
      >
        <Tab value="pairs" label="Side by side" />
        <Tab value="traffic" label="Answers from traffic" />
      </Tabs>
      {one ? (
        <FromTraffic />
      ) : error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : (
        data && <SideBySide key={chosen} comparison={chosen === 'shadow' ? null : chosen} />
      )}
    </Page>
  );
}
