import { Alert, AlertTitle, Box, Button, LinearProgress, Typography } from '@mui/material';
import { useState } from 'react';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatCount } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Section } from '../../ui/Page.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Snippet } from '../../ui/Snippet.tsx';
import { useNow } from '../../ui/use-now.ts';
import { CloseShopHookDocument, OpenShopHookDocument, ShopHookDocument } from './queries.ts';

const LOOK_MS = 3_000;
/** Longer than we try. */
const TELLING_MS = 70_000;
/** Of WooCommerce's list. What else there is, is not needed. */
const WOO_TOPICS = 'Product created, Product updated, Product deleted, Product restored, Order created, Order updated';

/** How an admin tells the shop by hand, where its credentials do not allow us to. */
function ByHand({ preset, url, secret }: { preset: string; url: string; secret: string | null | undefined }) {
  return (
    <Box sx={{ display: 'grid', gap: 1, gridTemplateColumns: 'minmax(0, 1fr)', fontSize: 13.5 }}>
      {preset === 'shopify' ? (
        <Box>
          In Shopify: Settings, Notifications, Webhooks. Make one each for Product creation, Product update and Product
          deletion, in JSON, to this address. Shopify shows below them the secret that they are signed with: add it here
          under Credentials as <code>webhookSecret</code>.
        </Box>
      ) : (
        <Box>
          In WooCommerce: Settings, Advanced, Webhooks. Make one each for {WOO_TOPICS}; status Active, this delivery
          URL, this secret.
        </Box>
      )}
      <Typography variant="caption" color="textSecondary">
        Delivery URL
      </Typography>
      <Snippet text={url} label="delivery URL" />
      {secret != null && (
        <>
          <Typography variant="caption" color="textSecondary">
            Secret
          </Typography>
          <Snippet text={secret} label="secret" />
          <Alert severity="warning" variant="outlined">
            This secret is shown once. Lost, it is replaced by Renew, with another delivery URL.
          </Alert>
        </>
      )}
    </Box>
  );
}

/** The shop tells of changes as they happen: whether it does, and what came of it. */
export function ShopHook({ connectionId, preset }: { connectionId: string; preset: string }) {
  const mayWrite = useCan('connections.write');
  const [secret, setSecret] = useState<string | null>();
  const [closing, setClosing] = useState(false);
  const now = useNow();
  const { data } = useApi(ShopHookDocument, { id: connectionId }, { refetchEveryMs: LOOK_MS });
  const open = useChange(OpenShopHookDocument, { done: (answer) => setSecret(answer.openShopHook.secret ?? null) });
  const close = useChange(CloseShopHookDocument, {
    say: 'The shop is listened to no more.',
    done: () => {
      setClosing(false);
      setSecret(undefined);
    },
  });
  if (!data) return null;
  const hook = data.connection.shopHook;
  const isUntold = hook != null && !hook.registered && hook.received === 0;
  const isBeingTold = isUntold && hook.problem == null && now - Date.parse(hook.createdAt) < TELLING_MS;
  const isByHand = isUntold && !isBeingTold;
  return (
    <Section
      title="Live changes"
      aside={
        mayWrite && (
          <>
            {hook != null && (
              <Button size="small" color="error" onClick={() => setClosing(true)}>
                Switch off
              </Button>
            )}
            <Button
              size="small"
              loading={open.isPending}
              onClick={() => open.mutate({ connectionId })}
              data-testid="open-hook"
            >
              {hook == null ? 'Switch on' : 'Renew'}
            </Button>
          </>
        )
      }
    >
      {hook == null ? (
        <Typography variant="body2" color="textSecondary">
          The shop can tell of new, changed and deleted products by webhooks: the product search then follows within
          seconds, without reading the whole catalogue.
        </Typography>
      ) : (
        <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }} data-testid="shop-hook">
          {isBeingTold && (
            <Box role="status">
              <Typography variant="body2">Telling the shop…</Typography>
              <LinearProgress sx={{ mt: 0.5, borderRadius: 1 }} />
            </Box>
          )}
          {hook.problem != null && (
            <Alert severity="warning">
              {isByHand && <AlertTitle sx={{ fontSize: 14 }}>The shop could not be told; tell it by hand</AlertTitle>}
              {hook.problem}
            </Alert>
          )}
          {isByHand && <ByHand preset={preset} url={hook.url} secret={secret} />}
          {hook.refusedAt != null && (
            <Alert severity="warning" variant="outlined">
              A delivery with a wrong signature was refused <RelativeTime at={hook.refusedAt} />. If it was the shop’s
              own, its secret is not the one that is kept here.
            </Alert>
          )}
          <Facts
            rows={[
              [
                'Told by',
                hook.registered ? `its own interface, of ${hook.topics.join(', ')}` : 'webhooks that are made by hand',
              ],
              ['Since', <RelativeTime key="since" at={hook.createdAt} />],
              ['Deliveries', formatCount(hook.received)],
              ['Last one', hook.receivedAt == null ? 'none yet' : <RelativeTime key="last" at={hook.receivedAt} />],
              ['Products changed', formatCount(hook.changed)],
              ...(hook.waiting === 0 ? [] : ([['To be looked at', formatCount(hook.waiting)]] as const)),
            ]}
          />
        </Box>
      )}
      <Confirm
        open={closing}
        title="Listen to this shop no more?"
        act="Switch off"
        grave
        busy={close.isPending}
        onAct={() => close.mutate({ connectionId })}
        onClose={() => setClosing(false)}
      >
        The address leads nowhere from then on, and the shop’s webhooks are removed where its credentials allow it. The
        product search follows only when the catalogue is read.
      </Confirm>
    </Section>
  );
}
