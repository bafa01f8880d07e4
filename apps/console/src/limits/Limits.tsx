import { Button, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi, useChange } from '../api/use-api.ts';
import { formatCount } from '../format.ts';
import { useCan } from '../session/use-viewer.ts';
import { FormGrid } from '../ui/FormGrid.tsx';
import { wholeOf } from '../ui/numbers.ts';
import { Page, Section } from '../ui/Page.tsx';
import { RowsSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { LimitsDocument, SetLimitsDocument, type Limits as Data } from './queries.ts';

const FIELDS = [
  { name: 'requestsPerMinute', label: 'Requests a minute' },
  { name: 'executionsPerMinute', label: 'Executions a minute' },
  { name: 'concurrentExecutions', label: 'Executions at once' },
  { name: 'concurrentChats', label: 'Chats at once' },
] as const;
type Name = (typeof FIELDS)[number]['name'];

const textOf = ({ effective }: Data): Record<Name, string> => ({
  requestsPerMinute: String(effective.requestsPerMinute),
  executionsPerMinute: String(effective.executionsPerMinute),
  concurrentExecutions: String(effective.concurrentExecutions),
  concurrentChats: String(effective.concurrentChats),
});

function Form({ limits }: { limits: Data }) {
  const mayWrite = useCan('limits.write');
  const [text, setText] = useState(() => textOf(limits));
  const save = useChange(SetLimitsDocument, { quiet: true, say: 'The limits were saved, and hold at once.' });
  const problemOf = (name: Name): string | undefined => {
    const value = wholeOf(text[name]);
    if (value === undefined || value < 1) return 'A whole number, 1 or more.';
    return value > limits.ceiling[name] ? 'More than the operator allows.' : undefined;
  };
  const changed = FIELDS.filter(({ name }) => wholeOf(text[name]) !== limits.effective[name]);
  return (
    <FormGrid
      act="Save limits"
      onSave={() => save.mutate({ input: Object.fromEntries(changed.map(({ name }) => [name, wholeOf(text[name])])) })}
      saving={save.isPending}
      error={save.error}
      disabled={!mayWrite || changed.length === 0 || FIELDS.some(({ name }) => problemOf(name) !== undefined)}
      testId="save-limits"
    >
      {FIELDS.map(({ name, label }) => (
        <TextField
          key={name}
          label={label}
          value={text[name]}
          onChange={(event) => setText({ ...text, [name]: event.target.value })}
          disabled={!mayWrite}
          error={problemOf(name) !== undefined}
          helperText={problemOf(name) ?? `At most ${formatCount(limits.ceiling[name])}, which the operator sets.`}
          slotProps={{ htmlInput: { inputMode: 'numeric' } }}
        />
      ))}
    </FormGrid>
  );
}

export default function Limits() {
  const { data, error, refetch } = useApi(LimitsDocument, {});
  return (
    <Page
      title="Limits"
      lead="How much of this tenant runs, over all nodes together. What comes on top is told when to come again (429); no run that began is dropped."
    >
      <Section>
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : data ? (
          <Form key={JSON.stringify(data.limits)} limits={data.limits} />
        ) : (
          <RowsSkeleton rows={2} />
        )}
      </Section>
      <Typography variant="body2" color="textSecondary" sx={{ mt: 2 }}>
        What may be spent in a month is the budget&apos;s.{' '}
        <Button component={Link} to="/savings" size="small">
          Go to the budget
        </Button>
      </Typography>
    </Page>
  );
}
