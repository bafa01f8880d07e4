import { Box, Button, Link as MuiLink, Typography } from '@mui/material';
import { Link } from 'react-router-dom';
import { useApi } from '../api/use-api.ts';
import { plural } from '../format.ts';
import { ConnectionsDocument } from '../resources/connections/queries.ts';
import { healthOf } from '../resources/connections/words.ts';
import { Section } from '../ui/Page.tsx';
import { RowsSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { StatusChip } from '../ui/StatusChip.tsx';

const SHOWN = 8;
const URGENCY = ['unreachable', 'degraded', 'unknown', 'ready', 'disabled'];

/** The connections, those in trouble first. */
export function HealthList() {
  const { data, error, refetch } = useApi(ConnectionsDocument, {});
  const all = data?.connections ?? [];
  const rank = (connection: (typeof all)[number]) =>
    (connection.heldCount > 0 ? -0.5 : 0) + URGENCY.indexOf(healthOf(connection));
  const sorted = [...all].sort((one, other) => rank(one) - rank(other));
  return (
    <Section
      title="Connections"
      aside={
        <Button component={Link} to="/connections" size="small">
          Show all
        </Button>
      }
      flush
    >
      {data ? (
        <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none' }}>
          {sorted.slice(0, SHOWN).map((connection) => (
            <Box
              component="li"
              key={connection.id}
              sx={{
                display: 'flex',
                alignItems: 'center',
                gap: 1.5,
                px: 2,
                py: 1,
                borderTop: 1,
                borderColor: 'divider',
              }}
            >
              <Box sx={{ flex: 1, minWidth: 0 }}>
                <MuiLink
                  component={Link}
                  to={`/connections/${connection.id}/show`}
                  underline="hover"
                  color="textPrimary"
                  sx={{ fontSize: 14, fontWeight: 550 }}
                >
                  {connection.title}
                </MuiLink>
                <Typography variant="caption" color="textSecondary" component="div" noWrap>
                  {plural(connection.toolCount, 'tool')}
                  {connection.heldCount > 0 && (
                    <Box component="span" sx={{ color: 'warning.main', fontWeight: 600 }}>
                      {' '}
                      · {connection.heldCount} held
                    </Box>
                  )}
                </Typography>
              </Box>
              <StatusChip kind="health" value={healthOf(connection)} />
            </Box>
          ))}
          {all.length === 0 && (
            <Typography variant="body2" color="textSecondary" sx={{ px: 2, pb: 2 }}>
              None yet.
            </Typography>
          )}
          {all.length > SHOWN && (
            <Typography
              variant="caption"
              color="textSecondary"
              component="li"
              sx={{ px: 2, py: 1, borderTop: 1, borderColor: 'divider' }}
            >
              and {all.length - SHOWN} more
            </Typography>
          )}
        </Box>
      ) : error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : (
        <RowsSkeleton rows={3} />
      )}
    </Section>
  );
}
