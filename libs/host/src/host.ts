import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase, type Database, type RoleUrls } from '@switchyard/database';
import { createExperiments, type Experiments } from '@switchyard/experiments';
import { createIdentity, type AuthLog, type Identity, type OidcSettings } from '@switchyard/identity';
import {
  messageOf,
  newId,
  systemClock,
  systemCtx,
  type Clock,
  type Ctx,
  type Json,
  type UserId,
} from '@switchyard/kernel';
import { createAuditSigner, createLedger, createMailer, openNodeLease, type Ledger } from '@switchyard/ledger';
import { createPolicy, type Decision, type Policy } from '@switchyard/policy';
import { createMasker, createPrivacy, type Privacy, type Shield } from '@switchyard/privacy';
import {
  createAccounts,
  createApprovals,
  createCatalogues,
  createConnections,
  createEgressGuard,
  createGateway,
  createLearner,
  createStdioWall,
  UpstreamPool,
  type Accounts,
  type Approvals,
  type Connections,
  type EgressGuard,
  type Gateway,
} from '@switchyard/tools';
import { createVault, loadKeyFile, maskSecrets, parseKeys, type Vault } from '@switchyard/vault';
import { originsOf } from './environment.ts';
import { observedDecide, observedTrip, type HostTelemetry } from './observed.ts';
import {
  createOpenAiEmbedder,
  Crawls,
  localEmbedder,
  PassageVectors,
  ProductVectors,
  Reader,
  ReportCache,
  ShopHooks as Hooks,
  Syncs,
  type OpenAiEmbedderOptions,
} from '@switchyard/servers';
import { openFirstParty, probeFirstParty, shopOf } from './first-party.ts';
import { createCatalogueSyncs, type CatalogueSyncs } from './catalogue-syncs.ts';
import { createShopHooks, type ShopHooks } from './shop-hooks.ts';
import { createSiteCrawls, type SiteCrawls } from './site-crawls.ts';
import { loadSecretFile } from './secret-file.ts';

const POLICY = fileURLToPath(new URL('../../../policies/policy.wasm', import.meta.url));

/** Of the arguments that people see when they decide. */
const SHOWN_ARGS_BYTES = 16 * 1024;

export interface SmtpSettings {
  /** smtps://user:password@host:port */
  readonly url: string;
  readonly from: string;
}

export interface HostSettings {
  readonly urls: RoleUrls;
  readonly databasePoolSize?: number;
  /** The data folder: keys, secrets, homes of stdio servers. */
  readonly home: string;
  /** Where browsers and clients reach the product. */
  readonly baseUrl: string;
  readonly version: string;
  /** Hosts and networks that tenants' URLs may reach although they are not public. */
  readonly egressAllow: readonly string[];
  /** Variables that every stdio server may have: proxies, certificates, the package registry. Never a secret. */
  readonly stdioEnvironment: Readonly<Record<string, string>>;
  /** Presets over stdio that tenants may choose by themselves. */
  readonly stdioPresets: readonly string[];
  /** The OPA command line, as an absolute path; unset, tenants cannot send rules of their own. */
  readonly opa?: string | undefined;
  /** Key-encryption keys as the vault's `parseKeys` takes them; unset, a key file in the data folder. */
  readonly keyEncryptionKeys?: string | undefined;
  /** Signs checkpoints of audit logs; unset, a file in the data folder. The key is not in the database that it vouches for. */
  readonly auditKey?: string | undefined;
  /** Signs sessions; unset, a file in the data folder. Several nodes must share it. */
  readonly identitySecret?: string | undefined;
  readonly oidc?: OidcSettings | undefined;
  /** The model by which products are compared in meaning; unset, a local embedding that knows words alone. */
  readonly embeddings?: OpenAiEmbedderOptions | undefined;
  /** By which alerts are mailed; unset, e-mails wait. */
  readonly smtp?: SmtpSettings | undefined;
  /** Throws where whoever asks may use no tool, whatever policy says. */
  readonly requireCaller?: (ctx: Ctx) => Promise<void>;
  /** Hears what goes on here; nothing is measured or traced where it is missing. */
  readonly telemetry?: HostTelemetry | undefined;
  /** True in a process that starts runs: it then holds a lease, and what it leaves behind is closed by others. */
  readonly startsRuns: boolean;
  readonly log: AuthLog;
}

export interface Host {
  readonly clock: Clock;
  readonly database: Database;
  readonly vault: Vault;
  readonly identity: Identity;
  readonly policy: Policy;
  readonly ledger: Ledger;
  readonly experiments: Experiments;
  readonly privacy: Privacy;
  readonly connections: Connections;
  readonly accounts: Accounts;
  readonly approvals: Approvals;
  readonly gateway: Gateway<Decision>;
  readonly catalogueSyncs: CatalogueSyncs;
  readonly shopHooks: ShopHooks;
  readonly siteCrawls: SiteCrawls;
  readonly egress: EgressGuard;
  /** 32 bytes that every node of this installation derives alike, for one purpose alone. */
  secretFor(purpose: string): Buffer;
  close(): Promise<void>;
}

export async function openHost(settings: HostSettings): Promise<Host> {
  const clock = systemClock;
  const { home, log } = settings;
  const database = await openDatabase(settings.urls, { poolSize: settings.databasePoolSize ?? 20 });
  const lease = settings.startsRuns ? await openNodeLease(database) : undefined;
  const egress = createEgressGuard({ allow: settings.egressAllow });
  const mailer = settings.smtp ? createMailer(settings.smtp) : undefined;
  const auditKeyFile = path.join(home, 'audit.key');
  const ledger = createLedger({
    signer: settings.auditKey
      ? createAuditSigner(settings.auditKey, 'SWITCHYARD_AUDIT_KEY')
      : createAuditSigner(loadSecretFile(auditKeyFile), auditKeyFile),
    database,
    clock,
    nodeId: lease?.nodeId ?? newId(),
    raised: (kind) => settings.telemetry?.metrics.alert(kind),
    senders: {
      fetch: egress.fetch,
      checkUrl: egress.check,
      mailer,
      withSecrets: (ctx, of, use) => vault.withSecrets(ctx, of, use),
      putSecret: (ctx, secret, tx) => vault.put(ctx, secret, tx),
    },
  });
  const { appendAudit } = ledger;
  const keys = settings.keyEncryptionKeys
    ? parseKeys(settings.keyEncryptionKeys, 'SWITCHYARD_KEK')
    : loadKeyFile(path.join(home, 'keys.json'));
  const vault = createVault({
    database,
    keys,
    record: async (tx, ctx, change) => void (await appendAudit(tx, ctx, change)),
  });
  const secret = settings.identitySecret ?? loadSecretFile(path.join(home, 'identity.secret'));
  const identity = await createIdentity({
    database,
    baseUrl: settings.baseUrl,
    secret,
    trustedOrigins: originsOf(settings.baseUrl),
    secureCookies: settings.baseUrl.startsWith('https:'),
    ...(settings.oidc ? { oidc: settings.oidc } : {}),
    opensLater: !settings.startsRuns,
    async record(tx, ctx, change) {
      await appendAudit(tx, ctx, change);
      const userId = change.action === 'member.removed' ? change.before?.['userId'] : undefined;
      if (typeof userId === 'string') await accounts.forget(tx, ctx, { userId: userId as UserId });
    },
    log,
    clock,
  });
  const stdioWall = createStdioWall(path.join(home, 'stdio'), settings.stdioEnvironment);
  const decider = await createPolicy({
    database,
    compile: {
      opa: settings.opa,
      // The wall of programs that speak MCP: a user and a process namespace of its own, and none of our variables.
      prepare: (command, args, env) => stdioWall.prepare('opa', { command, args, env: {} }, env),
    },
    wasm: readFileSync(POLICY),
    clock,
    audit: async (tx, ctx, event) => void (await appendAudit(tx, ctx, event)),
  });
  const policy = settings.telemetry ? { ...decider, decide: observedDecide(decider, settings.telemetry) } : decider;
  const experiments = createExperiments({
    database,
    clock,
    audit: (tx, ctx, event) => appendAudit(tx, ctx, event),
    alert: (tx, ctx, alert) => ledger.alert(tx, ctx, alert),
    log: (message) => log('warn', message),
  });
  const privacy = createPrivacy({
    database,
    sealed: vault,
    clock,
    audit: (tx, ctx, event) => appendAudit(tx, ctx, event),
    log: (message) => log('warn', message),
  });
  const catalogues = createCatalogues({ database });
  const embedder = settings.embeddings ? createOpenAiEmbedder(settings.embeddings) : localEmbedder;
  const comparesByWords = (what: string) => (error: unknown) =>
    log('warn', `${what} are compared by words alone for now: ${messageOf(error)}`);
  const vectors = new ProductVectors({ database, embedder, onError: comparesByWords('products') });
  const passages = new PassageVectors({ database, embedder, onError: comparesByWords('pages') });
  const reader = new Reader();
  const crawls = new Crawls({
    database,
    reader,
    version: settings.version,
    fetch: egress.fetch,
    checkUrl: egress.check,
    embed: (ctx) => passages.settle(ctx),
    onError: (error) => log('error', `crawl: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const reports = new ReportCache(database);
  const firstParty = {
    database,
    vault,
    version: settings.version,
    vectors,
    fetch: egress.fetch,
    warn: (message: string) => log('warn', message),
  };
  const syncs = new Syncs({
    database,
    shopOf: async ({ tenantId }, connectionId) => {
      const connection = await connections.get(systemCtx(tenantId, 'sync'), connectionId);
      return shopOf({ ...connection, connectionId }, firstParty);
    },
    onError: (error) => log('error', `catalogue sync: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const stopping = new AbortController();
  const hooks = new Hooks({
    database,
    shopOf: async ({ tenantId }, connectionId) => {
      const connection = await connections.get(systemCtx(tenantId, 'shop hooks'), connectionId);
      return {
        shop: shopOf({ ...connection, connectionId }, firstParty),
        url: connection.settings['url'] ?? '',
        withSecrets: (use) => vault.withSecrets({ tenantId }, { connectionId }, use),
      };
    },
    keepSecret: (ctx, connectionId, value, tx) => vault.put(ctx, { connectionId, name: 'webhookSecret', value }, tx),
    audit: (tx, ctx, event) => appendAudit(tx, ctx, event),
    publicUrl: settings.baseUrl,
    onError: (error) => log('error', `shop hooks: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const pool = new UpstreamPool({
    egress,
    wall: stdioWall,
    openBuiltin: (target) => openFirstParty(target, { ...firstParty, syncs, ledger, reports, clock, crawls, passages }),
  });
  const withSecrets: Vault['withSecrets'] = (ctx, of, use) => vault.withSecrets(ctx, of, use);
  const { baseUrl } = settings;
  const accounts = createAccounts({
    database,
    egress,
    vault,
    clock,
    audit: (tx, ctx, event) => appendAudit(tx, ctx, event),
    consoleUrl: baseUrl,
    own: {
      redirectUrl: `${baseUrl}/oauth/callback`,
      documentUrl: baseUrl.startsWith('https:') ? `${baseUrl}/oauth/client.json` : undefined,
      homeUrl: baseUrl,
    },
  });
  const connections = createConnections({
    database,
    pool,
    egress,
    catalogues,
    withSecrets,
    accounts,
    audit: (tx, ctx, event) => appendAudit(tx, ctx, event),
    allowedStdioPresets: settings.stdioPresets,
    probeBuiltin: (ctx, target) => probeFirstParty(ctx, target, firstParty),
    async onRemove(tx, ctx: Ctx, connectionId) {
      await hooks.forget(tx, connectionId);
      await vault.removeAll(ctx, connectionId, tx);
    },
    clock,
  });
  const learner = createLearner({
    database,
    forget: (tenantId) => catalogues.forget(tenantId),
    warn: (message) => log('warn', message),
  });
  const approvals = createApprovals({
    database,
    clock,
    audit: (tx, ctx, event) => appendAudit(tx, ctx, event),
    mask: (args) => createMasker().preview((args ?? null) as Json, SHOWN_ARGS_BYTES).value,
    sealed: vault,
  });
  const gateway = createGateway<Decision>({
    approvals,
    accounts,
    observe: (ctx, tool, value) => learner.observe(ctx, tool, value),
    catalogues,
    pool,
    async decide(ctx, question) {
      await settings.requireCaller?.(ctx);
      return policy.decide(ctx, question);
    },
    visible: (ctx, tools, catalogueKey) => policy.visible(ctx, tools, catalogueKey),
    withSecrets,
    ...(settings.telemetry ? { trip: observedTrip(settings.telemetry) } : {}),
    maskSecrets: (secrets) => maskSecrets(secrets),
    // Calls with an arm are a model's, or its code's. Programs that call by themselves get what they asked for.
    shield: async (ctx) => (ctx.arm === undefined ? undefined : shieldOf(privacy, ctx)),
  });
  const shopHooks = createShopHooks({
    hooks,
    connections,
    signal: stopping.signal,
    complain: (tenantId, error) => log('error', `shop hooks of tenant ${tenantId}: ${messageOf(error)}`),
  });
  return {
    clock,
    database,
    vault,
    identity,
    policy,
    ledger,
    experiments,
    privacy,
    connections,
    accounts,
    approvals,
    gateway,
    catalogueSyncs: createCatalogueSyncs({
      database,
      audit: (tx, ctx, event) => appendAudit(tx, ctx, event),
      connections,
      syncs,
      afterReading: (ctx, connectionId, signal) => hooks.keepTold(ctx, connectionId, signal),
      clock,
    }),
    shopHooks,
    siteCrawls: createSiteCrawls({ crawls, audit: (tx, ctx, event) => appendAudit(tx, ctx, event) }),
    egress,
    secretFor: (purpose) => createHmac('sha256', secret).update(`switchyard ${purpose}`).digest(),
    async close() {
      stopping.abort(new Error('the host is closing'));
      await shopHooks.settled();
      await experiments.close();
      await privacy.close();
      await learner.settled();
      await vectors.close();
      await passages.close();
      await reader.close();
      reports.close();
      policy.close();
      catalogues.close();
      ledger.close();
      mailer?.close();
      await pool.close();
      await egress.close();
      await identity.close();
      await lease?.close();
      await database.close();
    },
  };
}

/** The map of the conversation; of the request where there is none, as in comparisons. */
export const shieldOf = (privacy: Privacy, ctx: Ctx): Promise<Shield | undefined> =>
  privacy.shield(ctx, ctx.conversation ?? `trace ${ctx.traceId}`);
