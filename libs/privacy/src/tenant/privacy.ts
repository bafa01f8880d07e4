import type { Clock, Ctx, Json } from '@switchyard/kernel';
import { announce, type Database, type Tx } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import { createMasker, type Masker } from '../masker.ts';
import { openPseudonyms, type Pseudonyms } from '../pseudonyms.ts';
import { OPTIONAL_KINDS } from '../tokens.ts';
import { readMasked, type MaskedCount } from './masked.store.ts';
import { sealedPseudonyms, type Sealed } from './sealed.store.ts';
import { lockPrivacy, readPrivacy, writePrivacy } from './settings.store.ts';
import { changedPrivacy, countryOf, type PrivacyChange, type PrivacySettings } from './settings.ts';
import { createTally } from './tally.ts';

export interface PrivacyEvent {
  readonly action: 'privacy.settings_changed';
  readonly target: { readonly kind: 'privacy_settings'; readonly id: string };
  readonly before: PrivacySettings;
  readonly after: PrivacySettings;
}

export interface PrivacyOptions {
  readonly database: Pick<Database, 'inTenant' | 'onChange'>;
  /** The vault's. */
  readonly sealed: Sealed;
  /** In the transaction of the change. */
  readonly audit: (tx: Tx, ctx: Ctx, event: PrivacyEvent) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: (message: string) => void;
}

/** What stands between one conversation's private data and a model. Counts what it replaces by kind and place. */
export interface Shield {
  /** `place` is where it comes from: `message`, `run`, or a tool's address. */
  tokenise(value: Json, place: string): Promise<Json>;
  tokeniseText(text: string, place: string): Promise<string>;
  /** What a tool is to get; a tool that the tenant withholds private data from gets the tokens. */
  restoreFor(tool: { readonly server: string; readonly tool: string }, value: Json): Promise<Json>;
  readonly putBack: Pseudonyms['putBack'];
  readonly putBackInJson: Pseudonyms['putBackInJson'];
}

export interface Privacy {
  /** Undefined where the tenant has its private data go to models as it is. The same map for the same key, on every node. */
  shield(ctx: Pick<Ctx, 'tenantId'>, conversation: string): Promise<Shield | undefined>;
  /** For what is stored and never put back: knows the tenant's own kinds. */
  masker(ctx: Pick<Ctx, 'tenantId'>): Promise<Masker>;
  settings(ctx: Pick<Ctx, 'tenantId'>): Promise<PrivacySettings>;
  /** Throws AppError `unprocessable` with the field's path. In force on every node once heard. */
  changeSettings(ctx: Ctx, change: PrivacyChange): Promise<PrivacySettings>;
  /** Of the last `days`, today included: at most 500 rows, never a value. */
  masked(ctx: Pick<Ctx, 'tenantId'>, query: { readonly days: number }): Promise<MaskedCount[]>;
  /** Resolves when all counts until now are written. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const MOST_TENANTS = 10_000;
/** In memory; others are read anew when they go on. */
const MOST_CONVERSATIONS = 2_000;
const DAY_MS = 86_400_000;

export function createPrivacy({ database, sealed, audit, clock, log }: PrivacyOptions): Privacy {
  const settings = new LRUCache<string, Promise<PrivacySettings>>({ max: MOST_TENANTS });
  const open = new LRUCache<string, { readonly tenantId: string; readonly shield: Shield }>({
    max: MOST_CONVERSATIONS,
  });
  const tally = createTally({ database, clock, log });
  const forget = (tenantId: string | undefined): void => {
    if (tenantId === undefined) {
      settings.clear();
      open.clear();
      return;
    }
    settings.delete(tenantId);
    for (const [key, one] of open) if (one.tenantId === tenantId) open.delete(key);
  };
  const stop = database.onChange(({ topic, tenantId }) => {
    if (topic === 'all' || topic === 'privacy') forget(topic === 'all' ? undefined : tenantId);
  });

  const settingsOf = (ctx: Pick<Ctx, 'tenantId'>): Promise<PrivacySettings> => {
    const known = settings.get(ctx.tenantId);
    if (known) return known;
    const reading = database.inTenant(ctx, (tx) => readPrivacy(tx, ctx));
    settings.set(ctx.tenantId, reading);
    reading.catch(() => settings.delete(ctx.tenantId));
    return reading;
  };

  function make({ tenantId }: Pick<Ctx, 'tenantId'>, key: string, chosen: PrivacySettings): Shield {
    const country = countryOf(chosen);
    const withheld = new Set(chosen.withheldFrom);
    const pseudonyms = openPseudonyms({ tenantId }, key, {
      store: sealedPseudonyms({ database, sealed, clock, keptDays: chosen.keptDays }),
      patterns: chosen.patterns,
      left: new Set(OPTIONAL_KINDS.filter((kind) => !chosen.kinds.includes(kind))),
      exempt: chosen.exemptFields,
      ...(country ? { country } : {}),
    });
    const hear = (place: string) => (kind: string, field: string) => tally.add(tenantId, place, field, kind);
    return {
      tokenise: (value, place) => pseudonyms.tokenise(value, hear(place)),
      tokeniseText: (text, place) => pseudonyms.tokeniseText(text, hear(place)),
      restoreFor: async ({ server, tool }, value) =>
        withheld.has(server) || withheld.has(`${server}.${tool}`) ? value : pseudonyms.restore(value),
      putBack: pseudonyms.putBack,
      putBackInJson: pseudonyms.putBackInJson,
    };
  }

  return {
    async shield(ctx, conversation) {
      const chosen = await settingsOf(ctx);
      if (!chosen.enabled) return undefined;
      const key = `${ctx.tenantId} ${conversation}`;
      const { shield } = open.get(key) ?? { shield: make(ctx, conversation, chosen) };
      open.set(key, { tenantId: ctx.tenantId, shield });
      return shield;
    },
    async masker(ctx) {
      const chosen = await settingsOf(ctx);
      const country = countryOf(chosen);
      return createMasker({ patterns: chosen.patterns, exempt: chosen.exemptFields, ...(country ? { country } : {}) });
    },
    settings: (ctx) => database.inTenant(ctx, (tx) => readPrivacy(tx, ctx)),
    async changeSettings(ctx, change) {
      const after = await database.inTenant(ctx, async (tx) => {
        await lockPrivacy(tx, ctx);
        const before = await readPrivacy(tx, ctx);
        const after = changedPrivacy(before, change);
        await writePrivacy(tx, ctx, after);
        await announce(tx, ctx.tenantId, 'privacy');
        const target = { kind: 'privacy_settings' as const, id: ctx.tenantId };
        await audit(tx, ctx, { action: 'privacy.settings_changed', target, before, after });
        return after;
      });
      forget(ctx.tenantId);
      return after;
    },
    masked(ctx, { days }) {
      const since = new Date(clock.now().getTime() - (days - 1) * DAY_MS);
      return readMasked(database, ctx, new Date(`${since.toISOString().slice(0, 10)}T00:00:00Z`));
    },
    settled: () => tally.settled(),
    async close() {
      stop();
      await tally.settled();
    },
  };
}
