import { Alert, Box, Button, MenuItem, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatCount } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Section } from '../../ui/Page.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import {
  CancelCatalogueSyncDocument,
  CatalogueSyncDocument,
  ScheduleCatalogueSyncDocument,
  StartCatalogueSyncDocument,
  type CatalogueSync,
} from './queries.ts';
import { Reading } from './Reading.tsx';

const LOOK_MS = 3_000;
const LOOK_WHILE_READING_MS = 1_000;
const EVERY: readonly (readonly [hours: number, label: string])[] = [
  [0, 'Only when asked'],
  [1, 'Every hour'],
  [6, 'Every 6 hours'],
  [24, 'Once a day'],
  [168, 'Once a week'],
];

const CHANGES: Readonly<Record<string, string>> = { added: 'new', changed: 'changed', removed: 'gone' };

function Outcome({ sync }: { sync: CatalogueSync }) {
  const left = sync.withoutSku + sync.conflicts;
  const isOpen = sync.finishedAt == null;
  return (
    <>
      <Facts
        rows={[
          [isOpen ? 'Started' : 'Read', <RelativeTime key="at" at={sync.finishedAt ?? sync.createdAt} />],
          ['Products', formatCount(sync.seen)],
          ['New', formatCount(sync.added)],
          ['Changed', formatCount(sync.changed)],
          ['Gone', formatCount(sync.removed)],
          ...(left === 0 ? [] : ([['Left out', `${formatCount(left)}, without a SKU of their own`]] as const)),
        ]}
      />
      {sync.sample.length > 0 && (
        <Box component="details" sx={{ mt: 1.5, fontSize: 13 }}>
          <Box component="summary" sx={{ cursor: 'pointer', color: 'text.secondary' }}>
            Some of what became different
          </Box>
          <Box component="ul" sx={{ m: 0, mt: 0.5, pl: 2.5 }}>
            {sync.sample.map(({ sku, change, fields }) => (
              <li key={sku}>
                <code>{sku}</code> {CHANGES[change] ?? change}
                {fields.length > 0 && `: ${fields.join(', ')}`}
              </li>
            ))}
          </Box>
        </Box>
      )}
    </>
  );
}

/** How far the reading of a shop's catalogue is, or what the last one found; and when it is read. */
export function Catalogue({ connectionId, enabled }: { connectionId: string; enabled: boolean }) {
  const mayWrite = useCan('connections.write');
  const [isReading, setIsReading] = useState(false);
  const [cancelling, setCancelling] = useState(false);
  const look = { refetchEveryMs: isReading ? LOOK_WHILE_READING_MS : LOOK_MS };
  const { data } = useApi(CatalogueSyncDocument, { id: connectionId }, look);
  const start = useChange(StartCatalogueSyncDocument);
  const cancel = useChange(CancelCatalogueSyncDocument, {
    say: 'The reading was cancelled. What it had written stays.',
    done: () => setCancelling(false),
  });
  const schedule = useChange(ScheduleCatalogueSyncDocument, { say: 'The schedule was saved.' });
  if (!data) return null;
  const { catalogueSync: sync, syncEveryHours } = data.connection;
  const isOpen = sync != null && sync.finishedAt == null;
  if (isOpen !== isReading) setIsReading(isOpen);
  const hours = syncEveryHours ?? 0;
  const choices = EVERY.some(([known]) => known === hours)
    ? EVERY
    : [...EVERY, [hours, `Every ${hours} hours`] as const].toSorted(([a], [b]) => a - b);
  return (
    <Section
      title="Catalogue"
      aside={
        mayWrite &&
        (isOpen ? (
          <Button size="small" color="error" onClick={() => setCancelling(true)} data-testid="cancel-sync">
            Cancel
          </Button>
        ) : (
          <Button
            size="small"
            disabled={!enabled}
            loading={start.isPending}
            onClick={() => start.mutate({ connectionId })}
            data-testid="start-sync"
          >
            Read now
          </Button>
        ))
      }
    >
      {sync == null && (
        <Typography variant="body2" color="textSecondary">
          It was never read into the product search.
        </Typography>
      )}
      <Reading
        doing={
          !isOpen
            ? undefined
            : sync.state === 'waiting' && sync.seen === 0
              ? 'Waiting to be read.'
              : `Reading: ${formatCount(sync.seen)} products so far.`
        }
        label="Reading the catalogue"
        error={sync?.error}
      />
      {sync?.state === 'cancelled' && (
        <Alert severity="info" sx={{ mb: 1.5 }}>
          The last reading was cancelled before its end. What it had written stays.
        </Alert>
      )}
      {sync != null && <Outcome sync={sync} />}
      {syncEveryHours != null && (
        <TextField
          select
          size="small"
          fullWidth
          label="Read the whole catalogue"
          value={hours}
          disabled={!mayWrite || schedule.isPending}
          onChange={(event) => schedule.mutate({ connectionId, everyHours: Number(event.target.value) })}
          sx={{ mt: 2 }}
        >
          {choices.map(([value, label]) => (
            <MenuItem key={value} value={value}>
              {label}
            </MenuItem>
          ))}
        </TextField>
      )}
      <Confirm
        open={cancelling && isOpen}
        title="Cancel this reading?"
        act="Cancel the reading"
        grave
        busy={cancel.isPending}
        onAct={() => cancel.mutate({ connectionId })}
        onClose={() => setCancelling(false)}
      >
        What it has written so far stays; products that are gone from the shop are not looked for. The next reading
        begins anew.
      </Confirm>
    </Section>
  );
}
