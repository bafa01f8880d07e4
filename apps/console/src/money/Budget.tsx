import { Alert, Box, Button, LinearProgress, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { messageOf } from '../api/errors.ts';
import { useApi, useChange } from '../api/use-api.ts';
import { formatMicros } from '../format.ts';
import { useCan } from '../session/use-viewer.ts';
import { Choice } from '../ui/Choice.tsx';
import { Section } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { Snippet } from '../ui/Snippet.tsx';
import { BudgetDocument, SetBudgetDocument, type Budget as Data } from './queries.ts';

const MODES = [
  { value: 'warn', label: 'Tell, and go on' },
  { value: 'block', label: 'Stop at the second' },
];

const dollarsOf = (micros: number): string => String(micros / 1_000_000);
const microsOf = (dollars: string): number => Math.round(Number(dollars) * 1_000_000);

function Form({ budget, onDone }: { budget: Data; onDone: () => void }) {
  const [pilot, setPilot] = useState(dollarsOf(budget.pilotMicros));
  const [strong, setStrong] = useState(dollarsOf(budget.strongMicros));
  const [mode, setMode] = useState<string>(budget.mode);
  const [webhook, setWebhook] = useState(budget.webhookUrl ?? '');
  const [emails, setEmails] = useState(budget.emails.join(', '));
  const [secret, setSecret] = useState<string>();
  const save = useChange(SetBudgetDocument, {
    quiet: true,
    say: 'The budget was saved.',
    done: ({ setBudget }) => (setBudget.webhookSecret == null ? onDone() : setSecret(setBudget.webhookSecret)),
  });
  const bad = [pilot, strong].some((text) => text.trim() === '' || !Number.isFinite(Number(text)) || Number(text) < 0);
  if (secret !== undefined)
    return (
      <Box sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Typography variant="body2">
          Deliveries to the webhook are signed with this secret. It is shown this once: keep it where your receiver
          reads it.
        </Typography>
        <Snippet text={secret} label="webhook secret" />
        <Button onClick={onDone} sx={{ justifySelf: 'start' }}>
          I have kept it
        </Button>
      </Box>
    );
  return (
    <Box
      component="form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({
          input: {
            pilotMicros: microsOf(pilot),
            strongMicros: microsOf(strong),
            mode: mode === 'block' ? 'block' : 'warn',
            webhookUrl: webhook.trim() === '' ? null : webhook.trim(),
            emails: emails
              .split(/[\s,;]+/)
              .map((each) => each.trim())
              .filter(Boolean),
          },
        });
      }}
      sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(3, minmax(0, 1fr))' } }}
    >
      <TextField
        size="small"
        label="First threshold, dollars a month"
        value={pilot}
        onChange={(event) => setPilot(event.target.value)}
        slotProps={{ htmlInput: { inputMode: 'decimal' } }}
      />
      <TextField
        size="small"
        label="Second threshold, dollars a month"
        value={strong}
        onChange={(event) => setStrong(event.target.value)}
        slotProps={{ htmlInput: { inputMode: 'decimal' } }}
      />
      <Choice label="Above the second" value={mode} onChange={setMode} options={MODES} />
      <TextField
        size="small"
        label="Webhook"
        placeholder="https://"
        value={webhook}
        onChange={(event) => setWebhook(event.target.value)}
      />
      <TextField
        size="small"
        label="E-mails"
        value={emails}
        onChange={(event) => setEmails(event.target.value)}
        helperText={budget.emailReady ? undefined : 'The operator has set no mail server: they wait.'}
        sx={{ gridColumn: { md: 'span 2' } }}
      />
      {save.isError && (
        <Alert severity="error" sx={{ gridColumn: '1 / -1' }}>
          {messageOf(save.error)}
        </Alert>
      )}
      <Box sx={{ display: 'flex', gap: 1, gridColumn: '1 / -1' }}>
        <Button type="submit" variant="contained" loading={save.isPending} disabled={bad} data-testid="save-budget">
          Save budget
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </Box>
    </Box>
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
            {budget.webhookUrl == null && budget.emails.length === 0 && ' Nobody is named to be told yet.'}
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
