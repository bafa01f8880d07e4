import { Alert, Box, Button, TextField } from '@mui/material';
import { useState } from 'react';
import { useChange } from '../api/use-api.ts';
import { Confirm } from '../ui/Confirm.tsx';
import { FormGrid } from '../ui/FormGrid.tsx';
import { Section } from '../ui/Page.tsx';
import { SetChatSettingsDocument, type Settings } from './queries.ts';

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

function Who({ settings }: { settings: Settings }) {
  return settings.scripted ? (
    <Alert severity="warning" sx={{ mb: 2 }}>
      No model key is set: the scripted stand-in answers the sample questions, and nothing it says is a model&apos;s
      result.
    </Alert>
  ) : (
    <Alert severity="success" sx={{ mb: 2 }}>
      {settings.baseUrl == null
        ? `The operator's model answers (${settings.provider}).`
        : `${settings.provider} answers.`}
    </Alert>
  );
}

/** Who answers chats. A key is written, never read. */
export function Endpoint({ settings, mayWrite }: { settings: Settings; mayWrite: boolean }) {
  const [baseUrl, setBaseUrl] = useState(settings.baseUrl ?? '');
  const [model, setModel] = useState(settings.model ?? '');
  const [apiKey, setApiKey] = useState('');
  const [removing, setRemoving] = useState(false);
  const save = useChange(SetChatSettingsDocument, {
    quiet: true,
    say: 'The model was saved. The next chat uses it.',
    done: () => setApiKey(''),
  });
  const remove = useChange(SetChatSettingsDocument, {
    say: 'The key was taken out of the vault.',
    done: () => setRemoving(false),
  });
  const changed = orNull(baseUrl) !== settings.baseUrl || orNull(model) !== settings.model || apiKey !== '';
  const moves = settings.hasKey && orNull(baseUrl) !== settings.baseUrl && apiKey === '';
  return (
    <Section title="Model">
      <Who settings={settings} />
      <FormGrid
        act="Save model"
        onSave={() =>
          save.mutate({
            input: {
              baseUrl: orNull(baseUrl),
              model: orNull(model),
              ...(apiKey === '' ? {} : { apiKey: apiKey.trim() }),
            },
          })
        }
        saving={save.isPending}
        error={save.error}
        disabled={!mayWrite || !changed}
        testId="save-model"
      >
        <TextField
          label="Base URL"
          value={baseUrl}
          onChange={(event) => setBaseUrl(event.target.value)}
          disabled={!mayWrite}
          placeholder="https://api.openai.com/v1"
          helperText="Of any OpenAI-compatible endpoint. Empty: the operator's."
          slotProps={{ inputLabel: { shrink: true }, htmlInput: { inputMode: 'url', maxLength: 2_000 } }}
        />
        <TextField
          label="Model"
          value={model}
          onChange={(event) => setModel(event.target.value)}
          disabled={!mayWrite}
          placeholder="gpt-5.4-mini"
          helperText="For requests that name none."
          slotProps={{ inputLabel: { shrink: true }, htmlInput: { maxLength: 200 } }}
        />
        <TextField
          label={settings.hasKey ? 'Another key' : 'Key'}
          type="password"
          value={apiKey}
          onChange={(event) => setApiKey(event.target.value)}
          disabled={!mayWrite}
          autoComplete="new-password"
          helperText={
            settings.hasKey
              ? 'A key is in the vault. It is never shown; a new one takes its place.'
              : 'Goes into the vault, and is never shown again.'
          }
          slotProps={{ inputLabel: { shrink: true }, htmlInput: { maxLength: 4_000, 'data-testid': 'model-key' } }}
        />
        {settings.hasKey && mayWrite && (
          <Box sx={{ alignSelf: 'start' }}>
            <Button color="error" onClick={() => setRemoving(true)}>
              Take the key away
            </Button>
          </Box>
        )}
        {moves && (
          <Alert severity="info" sx={{ gridColumn: '1 / -1' }}>
            The key in the vault belongs to the former address and does not go along: give the one of the new address.
          </Alert>
        )}
      </FormGrid>
      <Confirm
        open={removing}
        title="Take the key away?"
        act="Take away"
        grave
        busy={remove.isPending}
        onAct={() => remove.mutate({ input: { apiKey: null } })}
        onClose={() => setRemoving(false)}
      >
        Chats to an endpoint that wants a key will fail until there is another.
      </Confirm>
    </Section>
  );
}
