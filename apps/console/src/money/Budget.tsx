import { Box, Button, LinearProgress, Link as MuiLink, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi, useChange } from '../api/use-api.ts';
import { formatMicros } from '../format.ts';
import { useCan } from '../session/use-viewer.ts';
import { Choice } from '../ui/Choice.tsx';
import { FormGrid } from '../ui/FormGrid.tsx';
import { dollarsOf, microsOf } from '../ui/numbers.ts';
import { Section } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { BudgetDocument, SetBudgetDocument, type Budget as Data } from './queries.ts';

const MODES = [
  { value: 'warn', label: 'Tell, and go on' },
  { value: 'block', label: 'Stop at the second' },
];

function Form({ budget, onDone }: { budget: Data; onDone: () => void }) {
  const [pilot, setPilot] = useState(dollarsOf(budget.pilotMicros));
  const [strong, setStrong] = useState(dollarsOf(budget.strongMicros));
  const [mode, setMode] = useState<string>(budget.mode);
  const save = useChange(SetBudgetDocument, { quiet: true, say: 'The budget was saved.', done: onDone });
  const [pilotMicros, strongMicros] = [microsOf(pilot), microsOf(strong)];
  return (
    <FormGrid
      act="Save budget"
      onSave={() =>
        pilotMicros !== undefined &&
        strongMicros !== undefined &&
        save.mutate({ input: { pilotMicros, strongMicros, mode: mode === 'block' ? 'block' : 'warn' } })
      }
      onCancel={onDone}
      saving={save.isPending}
      error={save.error}
      disabled={pilotMicros === undefined || strongMicros === undefined}
      columns={3}
      testId="save-budget"
    >
      <TextField
        label="First threshold, dollars a month"
        value={pilot}
        onChange={(event) => setPilot(event.target.value)}
        error={pilotMicros === undefined}
        slotProps={{ htmlInput: { inputMode: 'decimal' } }}
      />
      <TextField
        label="Second threshold, dollars a month"
        value={strong}
        onChange={(event) => setStrong(event.target.value)}
        error={strongMicros === undefined}
        slotProps={{ htmlInput: { inputMode: 'decimal' } }}
      />
      <Choice label="Above the second" value={mode} onChange={setMode} options={MODES} />
    </FormGrid>
  );
}

/** What was spent this month beside the thresholds at which people are told. */
export function Budget() {
  const { data, error, refetch } = useApi(BudgetDocument, {});
  const mayWrite = useCan('money.write');
  const [editing, setEditing] = useState(false);
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return null;
  const { budget } = data;
  const { spentMicros, pilotMicros, strongMicros, mode, month } = budget;
  const share = strongMicros === 0 ? 100 : Math.min((spentMicros / strongMicros) * 100, 100);
  const over = spentMicros >= strongMicros;
  return (
    <Section
      title={`Budget of ${month}`}
      aside={
        mayWrite &&
        !editing && (
          <Button size="small" onClick={() => setEditing(true)} data-testid="edit-budget">
            Change
          </Button>
        )
      }
    >
      {editing ? (
        <Form budget={budget} onDone={() => setEditing(false)} />
      ) : (
        <Box sx={{ display: 'grid', gap: 1 }}>
          <Typography variant="body2">
            <strong>{formatMicros(spentMicros)}</strong> spent. People are told at {formatMicros(pilotMicros)} and at{' '}
            {formatMicros(strongMicros)}
            {mode === 'block' ? ', where chats and runs stop until the month ends.' : '.'}
            {budget.webhookUrl == null && budget.emails.length === 0 && ' Nobody is named to be told yet.'}{' '}
            <MuiLink component={Link} to="/alerts">
              Where alerts go
            </MuiLink>
          </Typography>
          <LinearProgress
            variant="determinate"
            value={share}
            color={over ? 'error' : spentMicros >= pilotMicros ? 'warning' : 'primary'}
            aria-label="Share of the budget that is spent"
            sx={{ height: 8, borderRadius: 4, bgcolor: 'action.hover' }}
          />
        </Box>
      )}
    </Section>
  );
}
