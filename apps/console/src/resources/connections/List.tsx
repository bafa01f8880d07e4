import { Alert, Box, Button, Card, CardActionArea, Typography } from '@mui/material';
import AddIcon from '@mui/icons-material/Add';
import HubIcon from '@mui/icons-material/HubOutlined';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ConnectionsDocument, type ConnectionRow } from './queries.ts';
import { healthOf, kindLabel } from './words.ts';

/** Below this many, everything fits on a screen and a search field would only be in the way. */
const SEARCH_FROM = 9;

function ConnectionCard({ connection }: { connection: ConnectionRow }) {
  const broken = connection.enabled && connection.health !== 'ready' && connection.healthDetail != null;
  return (
    <Card
      sx={{ display: 'flex', opacity: connection.enabled ? 1 : 0.75 }}
      data-testid={`connection-${connection.name}`}
    >
      <CardActionArea
        component={Link}
        to={`/connections/${connection.id}/show`}
        sx={{
          p: 2,
          display: 'flex',
          flexDirection: 'column',
          alignItems: 'stretch',
          justifyContent: 'flex-start',
          gap: 1,
        }}
      >
        <Box sx={{ display: 'flex', alignItems: 'flex-start', gap: 1 }}>
          <Box sx={{ flex: 1, minWidth: 0 }}>
            <Typography variant="h3" component="h2" noWrap>
              {connection.title}
            </Typography>
            <Typography variant="caption" color="textSecondary" component="div" noWrap>
              <code>servers/{connection.name}</code>
            </Typography>
          </Box>
          <StatusChip kind="health" value={healthOf(connection)} />
        </Box>
        {broken && (
          <Typography
            variant="body2"
            color="textSecondary"
            sx={{ display: '-webkit-box', WebkitLineClamp: 2, WebkitBoxOrient: 'vertical', overflow: 'hidden' }}
          >
            {connection.healthDetail}
          </Typography>
        )}
        {connection.heldCount > 0 && (
          <Alert severity="warning" sx={{ py: 0, px: 1.25, '& .MuiAlert-message': { fontSize: 13 } }}>
            {plural(connection.heldCount, 'tool')} changed and {connection.heldCount === 1 ? 'waits' : 'wait'} for an
            admin
          </Alert>
        )}
        <Box
          sx={{
            display: 'flex',
            columnGap: 2,
            rowGap: 0.25,
            mt: 'auto',
            pt: 0.5,
            color: 'text.secondary',
            fontSize: 13,
            flexWrap: 'wrap',
          }}
        >
          <Box component="span" sx={{ color: 'text.primary', fontWeight: 550 }}>
            {plural(connection.toolCount, 'tool')}
          </Box>
          <span>{kindLabel(connection.kind)}</span>
          {connection.checkedAt != null && (
            <span>
              checked <RelativeTime at={connection.checkedAt} />
            </span>
          )}
        </Box>
      </CardActionArea>
    </Card>
  );
}

export function List() {
  const { data, error, refetch } = useApi(ConnectionsDocument, {});
  const mayWrite = useCan('connections.write');
  const [wanted, setWanted] = useState('');
  const all = data?.connections ?? [];
  const shown = all.filter((each) => `${each.title} ${each.name}`.toLowerCase().includes(wanted.toLowerCase()));
  const add = mayWrite && (
    <Button
      component={Link}
      to="/connections/create"
      variant="contained"
      startIcon={<AddIcon />}
      data-testid="add-connection"
    >
      Add a connection
    </Button>
  );
  return (
    <Page
      title="Connections"
      lead="The MCP servers whose tools code may call, as far as the grants let it."
      actions={all.length > 0 && add}
      wide
    >
      {all.length >= SEARCH_FROM && (
        <FilterBar>
          <SearchField label="Search connections" value={wanted} onChange={setWanted} settleMs={0} />
        </FilterBar>
      )}
      {data ? (
        all.length === 0 ? (
          <Section flush>
            <EmptyState icon={HubIcon} title="No server is connected" action={add}>
              Connect an MCP server by its address, or choose a preset. Its tools become typed functions that code can
              import.
            </EmptyState>
          </Section>
        ) : (
          <Box
            sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 340px), 1fr))' }}
          >
            {shown.map((connection) => (
              <ConnectionCard key={connection.id} connection={connection} />
            ))}
            {shown.length === 0 && <Typography color="textSecondary">No connection is called that.</Typography>}
          </Box>
        )
      ) : (
        <Section flush>{error ? <Problem error={error} retry={() => void refetch()} /> : <RowsSkeleton />}</Section>
      )}
    </Page>
  );
}
