import { Alert, Box, LinearProgress, Typography } from '@mui/material';
import { useApi } from '../../api/use-api.ts';
import { formatCount } from '../../format.ts';
import { Facts } from '../../ui/Facts.tsx';
import { Section } from '../../ui/Page.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { CatalogueSyncDocument } from './queries.ts';

const LOOK_MS = 3_000;

/** How far the reading of a shop's catalogue is, or what the last one found. */
export function Catalogue({ connectionId }: { connectionId: string }) {
  const { data } = useApi(CatalogueSyncDocument, { id: connectionId }, { refetchEveryMs: LOOK_MS });
  if (!data) return null;
  const sync = data.connection.catalogueSync;
  if (sync == null)
    return (
      <Section title="Catalogue">
        <Typography variant="body2" color="textSecondary">
          It was never read into the product search. The tool syncProducts does it now; a schedule is given when a shop
          is connected.
        </Typography>
      </Section>
    );
  const isOpen = sync.finishedAt == null;
  const left = sync.withoutSku + sync.conflicts;
  return (
    <Section title="Catalogue">
      {isOpen && (
        <Box role="status" sx={{ mb: 1.5 }}>
          <Typography variant="body2">
            {sync.state === 'waiting' ? 'Waiting to be read.' : `Reading: ${formatCount(sync.seen)} products so far.`}
          </Typography>
          <LinearProgress sx={{ mt: 0.5, borderRadius: 1 }} aria-label="Reading the catalogue" />
        </Box>
      )}
      {sync.error != null && (
        <Alert severity="error" sx={{ mb: 1.5 }}>
          {sync.error}
        </Alert>
      )}
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
    </Section>
  );
}
