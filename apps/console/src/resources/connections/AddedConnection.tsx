import { Alert, AlertTitle, Box, Button, Stack } from '@mui/material';
import { Link } from 'react-router-dom';
import { plural } from '../../format.ts';
import type { AddConnectionMutation } from '../../gql/graphql.ts';
import { StatusChip } from '../../ui/StatusChip.tsx';

/** The outcome of the first check, and what to do next. */
export function AddedConnection({ connection }: { connection: AddConnectionMutation['addConnection'] }) {
  const works = connection.health === 'ready' || connection.health === 'degraded';
  const needsAccount = connection.oauth !== 'none';
  return (
    <Stack spacing={2} sx={{ maxWidth: 620 }} data-testid="added">
      <Box>
        <StatusChip kind="health" value={connection.health} />
      </Box>
      {needsAccount ? (
        <Alert severity="info">
          <AlertTitle>{connection.title} was saved</AlertTitle>
          It signs in with an account. Open the connection and press Connect: then its tools can be read.
        </Alert>
      ) : works ? (
        <Alert severity="success">
          <AlertTitle>{connection.title} is connected</AlertTitle>
          It offers {plural(connection.toolCount, 'tool')}. No code may call them yet: policy denies what nobody has
          granted.
        </Alert>
      ) : (
        <Alert severity="warning">
          <AlertTitle>{connection.title} was saved, but does not work yet</AlertTitle>
          {connection.healthDetail ?? 'The first check failed.'} Open the connection to mend its settings and check
          again.
        </Alert>
      )}
      <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
        {works && (
          <Button component={Link} to={`/grants?server=${encodeURIComponent(connection.name)}`} variant="contained">
            Grant its tools
          </Button>
        )}
        <Button component={Link} to={`/connections/${connection.id}/show`} variant={works ? 'outlined' : 'contained'}>
          Open the connection
        </Button>
      </Box>
    </Stack>
  );
}
