import { TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { useApi, useChange } from '../api/use-api.ts';
import { formatDateTime } from '../format.ts';
import type { SamplingQuery } from '../gql/graphql.ts';
import { useCan } from '../session/use-viewer.ts';
import { FormGrid } from '../ui/FormGrid.tsx';
import { basisPointsOf, dollarsOf, microsOf, wholeOf } from '../ui/numbers.ts';
import { Section } from '../ui/Page.tsx';
import { RowsSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { SamplingDocument, SetSamplingDocument } from './queries.ts';

type Data = SamplingQuery['sampling'];

const FIELDS = [
  {
    name: 'shadow',
    label: 'Answered by the other arm besides, %',
    help: 'After the user has the answer; it may only read.',
  },
  { name: 'budget', label: 'At most a day, dollars', help: 'Then shadow runs wait for the next day (UTC).' },
  { name: 'runs', label: 'At most a day, runs', help: 'Whichever comes first.' },
  { name: 'grading', label: 'Put aside for people to grade, %', help: 'They wait under Grading.' },
] as const;
type Name = (typeof FIELDS)[number]['name'];

type Shares = Pick<Data, 'shadowBasisPoints' | 'shadowBudgetMicros' | 'shadowRunsPerDay' | 'gradingBasisPoints'>;

const isSame = (one: Shares, other: Shares): boolean =>
  one.shadowBasisPoints === other.shadowBasisPoints &&
  one.shadowBudgetMicros === other.shadowBudgetMicros &&
  one.shadowRunsPerDay === other.shadowRunsPerDay &&
  one.gradingBasisPoints === other.gradingBasisPoints;

function Form({ sampling }: { sampling: Data }) {
  const mayWrite = useCan('sampling.write');
  const [text, setText] = useState<Readonly<Record<Name, string>>>({
    shadow: String(sampling.shadowBasisPoints / 100),
    budget: dollarsOf(sampling.shadowBudgetMicros),
    runs: String(sampling.shadowRunsPerDay),
    grading: String(sampling.gradingBasisPoints / 100),
  });
  const save = useChange(SetSamplingDocument, { quiet: true, say: 'The shares were saved.' });
  const read = {
    shadow: basisPointsOf(text.shadow),
    budget: microsOf(text.budget),
    runs: wholeOf(text.runs),
    grading: basisPointsOf(text.grading),
  };
  const { shadow, budget, runs, grading } = read;
  const whole =
    shadow === undefined || budget === undefined || runs === undefined || grading === undefined
      ? undefined
      : { shadowBasisPoints: shadow, shadowBudgetMicros: budget, shadowRunsPerDay: runs, gradingBasisPoints: grading };
  return (
    <FormGrid
      act="Save shares"
      onSave={() => whole && save.mutate({ input: whole })}
      saving={save.isPending}
      error={save.error}
      disabled={!mayWrite || !whole || isSame(whole, sampling)}
      testId="save-sampling"
    >
      {FIELDS.map(({ name, label, help }) => (
        <TextField
          key={name}
          label={label}
          value={text[name]}
          onChange={(event) => setText({ ...text, [name]: event.target.value })}
          disabled={!mayWrite}
          error={read[name] === undefined}
          helperText={help}
          slotProps={{ htmlInput: { inputMode: 'decimal' } }}
        />
      ))}
      {sampling.updatedAt != null && (
        <Typography variant="caption" color="textSecondary" sx={{ gridColumn: '1 / -1' }}>
          Last set by {sampling.updatedByName}, {formatDateTime(sampling.updatedAt)}.
        </Typography>
      )}
    </FormGrid>
  );
}

/** How much of real traffic is compared and graded. */
export function Sampling() {
  const { data, error, refetch } = useApi(SamplingDocument, {});
  return (
    <Section title="Shadow runs and grading">
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : data ? (
        <Form key={data.sampling.updatedAt ?? 'never'} sampling={data.sampling} />
      ) : (
        <RowsSkeleton rows={2} />
      )}
    </Section>
  );
}
