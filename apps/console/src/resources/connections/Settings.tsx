import { Alert, Button, FormControlLabel, InputAdornment, Stack, Switch, TextField } from '@mui/material';
import { useState, type FormEvent } from 'react';
import { ApiError, messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Section } from '../../ui/Page.tsx';
import { UpdateConnectionDocument, type Connection } from './queries.ts';

const CONFLICT =
  'Somebody else changed this connection in the meantime. Its settings are shown anew: look at them, and change them again.';

export function Settings({ connection }: { connection: Connection }) {
  const mayWrite = useCan('connections.write');
  const [title, setTitle] = useState(connection.title);
  const [url, setUrl] = useState(connection.url ?? '');
  const [enabled, setEnabled] = useState(connection.enabled);
  const [timeoutSeconds, setTimeoutSeconds] = useState(String(connection.timeoutMs / 1000));
  const [concurrency, setConcurrency] = useState(String(connection.maxConcurrency));
  const [problem, setProblem] = useState<string>();
  const update = useChange(UpdateConnectionDocument, { quiet: true, say: 'The settings were saved.' });
  const timeoutMs = Math.round(Number(timeoutSeconds) * 1000);
  const changed =
    title !== connection.title ||
    url !== (connection.url ?? '') ||
    enabled !== connection.enabled ||
    timeoutMs !== connection.timeoutMs ||
    Number(concurrency) !== connection.maxConcurrency;

  function submit(event: FormEvent) {
    event.preventDefault();
    setProblem(undefined);
    update.mutate(
      {
        input: {
          id: connection.id,
          expectedUpdatedAt: connection.updatedAt,
          title,
          enabled,
          timeoutMs,
          maxConcurrency: Number(concurrency),
          ...(connection.kind === 'http' ? { url } : {}),
        },
      },
      {
        onError: (error) =>
          setProblem(error instanceof ApiError && error.code === 'CONFLICT' ? CONFLICT : messageOf(error)),
      },
    );
  }

  return (
    <Section title="Settings">
      <form onSubmit={submit} aria-label="Settings">
        <Stack spacing={2} sx={{ maxWidth: 520 }}>
          {problem !== undefined && (
            <Alert severity="error" role="alert">
              {problem}
            </Alert>
          )}
          <FormControlLabel
            control={
              <Switch checked={enabled} onChange={(event) => setEnabled(event.target.checked)} disabled={!mayWrite} />
            }
            label={enabled ? 'Switched on' : 'Switched off: its tools are neither found nor callable'}
          />
          <TextField
            label="Title"
            value={title}
            onChange={(event) => setTitle(event.target.value)}
            disabled={!mayWrite}
            required
          />
          {connection.kind === 'http' && (
            <TextField
              label="Address"
              type="url"
              value={url}
              onChange={(event) => setUrl(event.target.value)}
              disabled={!mayWrite}
              helperText={
                connection.oauth === 'none'
                  ? 'After a change its tools are read anew; those that differ are held until accepted.'
                  : 'After a change its tools are read anew, and whatever account was connected is forgotten: access goes to the address that it was given for.'
              }
              required
            />
          )}
          <TextField
            label="Timeout of one call"
            type="number"
            value={timeoutSeconds}
            onChange={(event) => setTimeoutSeconds(event.target.value)}
            disabled={!mayWrite}
            slotProps={{
              htmlInput: { min: 1, max: 600, step: 'any' },
              input: { endAdornment: <InputAdornment position="end">seconds</InputAdornment> },
            }}
            required
          />
          <TextField
            label="Calls at the same time"
            type="number"
            value={concurrency}
            onChange={(event) => setConcurrency(event.target.value)}
            disabled={!mayWrite}
            helperText="Further calls wait their turn."
            slotProps={{ htmlInput: { min: 1, max: 256, step: 1 } }}
            required
          />
          {mayWrite && (
            <Button
              type="submit"
              variant="contained"
              disabled={!changed}
              loading={update.isPending}
              sx={{ alignSelf: 'flex-start' }}
            >
              Save settings
            </Button>
          )}
        </Stack>
      </form>
    </Section>
  );
}
