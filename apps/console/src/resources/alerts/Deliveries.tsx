import { Box, Button, Typography } from '@mui/material';
import { useChange } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { SendAgainDocument, type Delivery } from './queries.ts';

/** As people see it: what waits after a failure is not simply on its way. */
export const stateOf = ({ status, lastError }: Delivery): 'sent' | 'failed' | 'retried' | 'pending' =>
  status === 'pending' && lastError != null ? 'retried' : status;

/** Where an alert went, and what came of it. */
export function Deliveries({ deliveries, mayWrite }: { deliveries: readonly Delivery[]; mayWrite: boolean }) {
  const again = useChange(SendAgainDocument, { say: 'It is sent again.' });
  if (deliveries.length === 0)
    return (
      <Typography variant="body2" color="textSecondary">
        It went nowhere: no destination was set then.
      </Typography>
    );
  return (
    <Box component="ul" aria-label="Deliveries" sx={{ listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 1 }}>
      {deliveries.map((delivery) => {
        const { id, channel, target, status, attempts, lastError, sentAt, nextAt } = delivery;
        return (
          <Box component="li" key={id} sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
            <StatusChip kind="delivery" value={stateOf(delivery)} />
            <Typography variant="body2" sx={{ overflowWrap: 'anywhere' }}>
              {channel === 'webhook' ? 'Webhook' : 'E-mail'} {target}
            </Typography>
            <Typography variant="caption" color={lastError == null ? 'textSecondary' : 'error'}>
              {sentAt != null ? (
                <>
                  <RelativeTime at={sentAt} />
                  {attempts > 1 && `, after ${plural(attempts, 'attempt')}`}
                </>
              ) : lastError == null ? (
                'not tried yet'
              ) : (
                <>
                  {plural(attempts, 'attempt')}: {lastError}
                  {status === 'pending' && (
                    <>
                      ; again <RelativeTime at={nextAt} />
                    </>
                  )}
                </>
              )}
            </Typography>
            {mayWrite && status !== 'pending' && (
              <Button size="small" onClick={() => again.mutate({ deliveryId: id })} loading={again.isPending}>
                Send again
              </Button>
            )}
          </Box>
        );
      })}
    </Box>
  );
}
