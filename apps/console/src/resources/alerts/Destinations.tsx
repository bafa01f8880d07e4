import { Alert, Box, Button, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { useApi, useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { FormGrid } from '../../ui/FormGrid.tsx';
import { Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Deliveries } from './Deliveries.tsx';
import {
  DestinationsDocument,
  RotateSecretDocument,
  SetDestinationsDocument,
  TestAlertsDocument,
  type Destinations as Data,
} from './queries.ts';
import { SecretOnce } from './SecretOnce.tsx';

const addresses = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

interface FormProps {
  readonly to: Data;
  readonly onDone: (secret: string | undefined) => void;
  readonly onCancel: () => void;
}

function Form({ to, onDone, onCancel }: FormProps) {
  const [webhook, setWebhook] = useState(to.webhookUrl ?? '');
  const [emails, setEmails] = useState(to.emails.join(', '));
  const save = useChange(SetDestinationsDocument, {
    quiet: true,
    say: 'Saved. Send a test to see that it arrives.',
    done: ({ setBudget }) => onDone(setBudget.webhookSecret ?? undefined),
  });
  return (
    <FormGrid
      act="Save"
      onSave={() =>
        save.mutate({
          input: { webhookUrl: webhook.trim() === '' ? null : webhook.trim(), emails: addresses(emails) },
        })
      }
      onCancel={onCancel}
      saving={save.isPending}
      error={save.error}
      testId="save-destinations"
    >
      <TextField
        label="Webhook"
        value={webhook}
        onChange={(event) => setWebhook(event.target.value)}
        placeholder="https://"
        helperText="Signed. Tried for about a day, always under one id."
        slotProps={{ inputLabel: { shrink: true }, htmlInput: { inputMode: 'url' } }}
      />
      <TextField
        label="E-mails"
        value={emails}
        onChange={(event) => setEmails(event.target.value)}
        placeholder="ops@example.com, team@example.com"
        helperText={to.emailReady ? 'Up to 20.' : 'The operator has set no mail server yet: e-mails wait.'}
        slotProps={{ inputLabel: { shrink: true }, htmlInput: { inputMode: 'email' } }}
      />
    </FormGrid>
  );
}

function Shown({ to, mayWrite }: { to: Data; mayWrite: boolean }) {
  const [rotating, setRotating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const test = useChange(TestAlertsDocument);
  const rotate = useChange(RotateSecretDocument, {
    done: ({ rotateWebhookSecret }) => {
      setRotating(false);
      setSecret(rotateWebhookSecret);
    },
  });
  if (secret !== undefined) return <SecretOnce secret={secret} onKept={() => setSecret(undefined)} />;
  const nowhere = to.webhookUrl == null && to.emails.length === 0;
  const tested = test.data?.testAlerts;
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {nowhere ? (
        <Alert severity="warning">Nobody is told: alerts are only shown below. Name a webhook or an e-mail.</Alert>
      ) : (
        <Facts
          rows={[
            ['Webhook', to.webhookUrl ?? 'none'],
            [
              'E-mails',
              `${to.emails.length === 0 ? 'none' : to.emails.join(', ')}${!to.emailReady && to.emails.length > 0 ? ' (they wait: the operator has set no mail server)' : ''}`,
            ],
          ]}
        />
      )}
      {mayWrite && !nowhere && (
        <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
          <Button variant="outlined" onClick={() => test.mutate({})} loading={test.isPending} data-testid="test-alerts">
            Send a test
          </Button>
          {to.webhookUrl != null && <Button onClick={() => setRotating(true)}>New webhook secret</Button>}
        </Box>
      )}
      {tested && (
        <Box data-testid="test-outcome">
          <Typography variant="caption" color="textSecondary">
            What came of the test
          </Typography>
          <Deliveries deliveries={tested.deliveries} mayWrite={false} />
        </Box>
      )}
      <Confirm
        open={rotating}
        title="Sign with a new secret?"
        act="Make a new secret"
        busy={rotate.isPending}
        onAct={() => rotate.mutate({})}
        onClose={() => setRotating(false)}
      >
        From now on deliveries are signed with the new one. Your receiver refuses them until it knows it.
      </Confirm>
    </Box>
  );
}

/** Where alerts of this tenant go. */
export function Destinations() {
  const { data, error, refetch } = useApi(DestinationsDocument, {});
  const mayWrite = useCan('money.write');
  const [editing, setEditing] = useState(false);
  const [secret, setSecret] = useState<string>();
  return (
    <Section
      title="Destinations"
      aside={
        mayWrite &&
        data &&
        !editing &&
        secret === undefined && (
          <Button size="small" onClick={() => setEditing(true)} data-testid="edit-destinations">
            Change
          </Button>
        )
      }
    >
      {error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : !data ? (
        <RowsSkeleton rows={2} />
      ) : secret !== undefined ? (
        <SecretOnce secret={secret} onKept={() => setSecret(undefined)} />
      ) : editing ? (
        <Form
          to={data.budget}
          onCancel={() => setEditing(false)}
          onDone={(made) => {
            setSecret(made);
            setEditing(false);
          }}
        />
      ) : (
        <Shown to={data.budget} mayWrite={mayWrite} />
      )}
    </Section>
  );
}
