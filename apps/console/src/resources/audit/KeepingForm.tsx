import { Alert, Box, Button, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { Choice } from '../../ui/Choice.tsx';
import { Snippet } from '../../ui/Snippet.tsx';
import {
  RotateAuditStreamSecretDocument,
  SetAuditRetentionDocument,
  SetAuditStreamDocument,
  type Keeping,
} from './queries.ts';

const STARTS = [
  { value: 'oldest', label: 'From the oldest entry' },
  { value: 'now', label: 'From now on' },
] as const;

/** Retention and the stream's address; each is saved by itself. */
export function KeepingForm({ keeping, onDone }: { keeping: Keeping; onDone: () => void }) {
  const { retentionDays, stream } = keeping;
  const [days, setDays] = useState(retentionDays == null ? '' : String(retentionDays));
  const [url, setUrl] = useState(stream?.url ?? '');
  const [startAt, setStartAt] = useState(stream == null ? 'oldest' : '');
  const [secret, setSecret] = useState<string>();
  const retention = useChange(SetAuditRetentionDocument, { quiet: true, say: 'Retention was saved.' });
  const streaming = useChange(SetAuditStreamDocument, {
    quiet: true,
    say: 'The stream was saved.',
    done: ({ setAuditStream }) => setSecret(setAuditStream.secret ?? undefined),
  });
  const rotate = useChange(RotateAuditStreamSecretDocument, {
    quiet: true,
    done: ({ rotateAuditStreamSecret }) => setSecret(rotateAuditStreamSecret),
  });
  const failed = [retention, streaming, rotate].find(({ isError }) => isError);
  const badDays = days.trim() !== '' && !/^\d+$/.test(days.trim());
  if (secret !== undefined)
    return (
      <Box sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Typography variant="body2">
          Deliveries are signed with this secret. It is shown this once: keep it where your receiver reads it.
        </Typography>
        <Snippet text={secret} label="stream secret" />
        <Button onClick={onDone} sx={{ justifySelf: 'start' }}>
          I have kept it
        </Button>
      </Box>
    );
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Box
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          retention.mutate({ days: days.trim() === '' ? null : Number(days) });
        }}
        sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'flex-start' }}
      >
        <TextField
          size="small"
          label="Kept for how many days"
          placeholder="for ever"
          value={days}
          onChange={(event) => setDays(event.target.value)}
          error={badDays}
          helperText="At least 31; empty keeps it for ever. What is cut off is named by a signed record."
          slotProps={{ htmlInput: { inputMode: 'numeric' }, inputLabel: { shrink: true } }}
          sx={{ flex: '1 1 260px' }}
        />
        <Button type="submit" variant="outlined" loading={retention.isPending} disabled={badDays}>
          Save retention
        </Button>
      </Box>
      <Box
        component="form"
        onSubmit={(event) => {
          event.preventDefault();
          const start = STARTS.find(({ value }) => value === startAt)?.value ?? null;
          streaming.mutate({ input: { url: url.trim() === '' ? null : url.trim(), startAt: start } });
        }}
        sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'flex-start' }}
      >
        <TextField
          size="small"
          label="Streamed to"
          placeholder="https://"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          helperText="Each entry, in its order, until your receiver has acknowledged it. Empty ends the stream."
          slotProps={{ inputLabel: { shrink: true } }}
          sx={{ flex: '1 1 260px' }}
        />
        <Choice
          label="Start"
          value={startAt}
          onChange={setStartAt}
          options={STARTS}
          {...(stream == null ? {} : { any: 'Where it stopped' })}
          minWidth={190}
        />
        <Button type="submit" variant="outlined" loading={streaming.isPending} data-testid="save-stream">
          Save stream
        </Button>
      </Box>
      {failed && <Alert severity="error">{messageOf(failed.error)}</Alert>}
      <Box sx={{ display: 'flex', gap: 1 }}>
        {stream != null && (
          <Button onClick={() => rotate.mutate({})} loading={rotate.isPending}>
            New secret
          </Button>
        )}
        <Button onClick={onDone}>Close</Button>
      </Box>
    </Box>
  );
}
