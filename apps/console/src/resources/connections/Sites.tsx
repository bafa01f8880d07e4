import { Box, Button, Chip, Stack, TextField, Typography } from '@mui/material';
import LanguageIcon from '@mui/icons-material/LanguageOutlined';
import { useState, type FormEvent } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatCount, plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import {
  CancelSiteCrawlDocument,
  SiteCrawlDocument,
  SiteCrawlsDocument,
  StartSiteCrawlDocument,
  type SiteCrawl,
} from './crawl-queries.ts';
import { Reading } from './Reading.tsx';

const LOOK_MS = 2_000;
const MOST_PAGES = 10_000;

function Start() {
  const [url, setUrl] = useState('');
  const [maxPages, setMaxPages] = useState('500');
  const start = useChange(StartSiteCrawlDocument, { quiet: true, done: () => setUrl('') });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate({ input: { url, maxPages: Number(maxPages) } });
  };
  return (
    <Section title="Read a site">
      <form onSubmit={submit} aria-label="Read a site">
        <Stack direction={{ xs: 'column', sm: 'row' }} spacing={1.5} sx={{ alignItems: 'flex-start' }}>
          <TextField
            label="Address"
            placeholder="https://docs.example.com/"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            error={start.isError}
            helperText={start.isError ? messageOf(start.error) : 'This site alone is read, as its robots.txt allows.'}
            required
            fullWidth
          />
          <TextField
            label="Pages at most"
            type="number"
            value={maxPages}
            onChange={(event) => setMaxPages(event.target.value)}
            slotProps={{ htmlInput: { min: 1, max: MOST_PAGES } }}
            sx={{ minWidth: 140 }}
          />
          <Button type="submit" variant="contained" loading={start.isPending} sx={{ mt: 1 }} data-testid="read-site">
            Read
          </Button>
        </Stack>
      </form>
    </Section>
  );
}

/** `robots_forbidden` is "robots forbidden" to people. */
const inWords = (outcome: string): string => outcome.replaceAll('_', ' ');

function Addresses({ id }: { id: string }) {
  const [outcome, setOutcome] = useState<string | null>(null);
  const { data, error } = useApi(SiteCrawlDocument, { id, outcome }, { refetchEveryMs: LOOK_MS, keepPrevious: true });
  if (error) return <Problem error={error} title="The pages cannot be shown" />;
  if (!data) return null;
  const { outcomes, addresses } = data.siteCrawl;
  return (
    <Box sx={{ mt: 1.5 }}>
      <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', gap: 0.75, mb: 1 }}>
        <Chip
          size="small"
          label="problems"
          color={outcome === null ? 'primary' : 'default'}
          onClick={() => setOutcome(null)}
        />
        {outcomes.map((one) => (
          <Chip
            key={one.outcome}
            size="small"
            label={`${inWords(one.outcome)} ${formatCount(one.count)}`}
            color={outcome === one.outcome ? 'primary' : 'default'}
            onClick={() => setOutcome(one.outcome)}
          />
        ))}
      </Stack>
      {addresses.length === 0 && (
        <Typography variant="body2" color="textSecondary">
          {outcome === null ? 'Every page that may be read could be.' : 'None.'}
        </Typography>
      )}
      <Box component="ul" sx={{ m: 0, pl: 2.5, maxHeight: 320, overflow: 'auto' }} tabIndex={0} aria-label="Pages">
        {addresses.map((address) => (
          <Box component="li" key={address.url} sx={{ fontSize: 13, overflowWrap: 'anywhere' }}>
            {address.url} <b>{inWords(address.outcome)}</b>
            {address.detail == null ? '' : `: ${address.detail}`}
          </Box>
        ))}
      </Box>
    </Box>
  );
}

function doingOf(crawl: SiteCrawl): string | undefined {
  if (crawl.finishedAt != null) return undefined;
  if (crawl.state === 'waiting') return 'Waiting to be read.';
  return `Reading: ${formatCount(crawl.read)} of ${plural(crawl.known, 'page')} met so far.`;
}

function Crawl({ crawl }: { crawl: SiteCrawl }) {
  const mayWrite = useCan('connections.write');
  const [isOpen, setIsOpen] = useState(false);
  const cancel = useChange(CancelSiteCrawlDocument, { say: `${crawl.site} is not read any further.` });
  const isRunning = crawl.finishedAt == null;
  return (
    <Section title={crawl.site}>
      <Reading
        doing={doingOf(crawl)}
        label={`Reading ${crawl.site}`}
        percent={crawl.known === 0 ? undefined : (100 * crawl.read) / crawl.known}
        error={crawl.error}
      />
      <Facts
        rows={[
          [
            isRunning ? 'Started' : crawl.state === 'cancelled' ? 'Cancelled' : 'Read',
            <RelativeTime key="at" at={crawl.finishedAt ?? crawl.createdAt} />,
          ],
          ['By', crawl.startedBy],
          ['From', crawl.startUrl],
          [
            'Pages',
            `${formatCount(crawl.added)} new, ${formatCount(crawl.changed)} changed, ${formatCount(crawl.unchanged)} the same, ${formatCount(crawl.removed)} gone`,
          ],
          ['Not read', `${formatCount(crawl.forbidden)} by robots.txt, ${plural(crawl.problems, 'problem')}`],
          ...(crawl.leftOut === 0
            ? []
            : ([['Left out', `${plural(crawl.leftOut, 'link')}: too many, or too deep`]] as const)),
        ]}
      />
      <Stack direction="row" spacing={1} sx={{ mt: 1 }}>
        <Button size="small" onClick={() => setIsOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? 'Hide pages' : 'Pages and problems'}
        </Button>
        {isRunning && mayWrite && (
          <Button size="small" color="error" loading={cancel.isPending} onClick={() => cancel.mutate({ id: crawl.id })}>
            Cancel
          </Button>
        )}
      </Stack>
      {isOpen && <Addresses id={crawl.id} />}
    </Section>
  );
}

/** Sites that were read into the content search: start one, see how far it is and what could not be read. */
export function Sites() {
  const mayWrite = useCan('connections.write');
  const { data, error, refetch } = useApi(SiteCrawlsDocument, {}, { refetchEveryMs: LOOK_MS });
  if (error) return <Problem error={error} retry={() => void refetch()} title="The sites cannot be shown" />;
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {mayWrite && <Start />}
      {data?.siteCrawls.length === 0 && (
        <EmptyState icon={LanguageIcon} title="No site was read yet">
          A site that is read here is searched by the tool searchContent. Read it again to bring it up to date.
        </EmptyState>
      )}
      {data?.siteCrawls.map((crawl) => (
        <Crawl key={crawl.id} crawl={crawl} />
      ))}
    </Box>
  );
}
