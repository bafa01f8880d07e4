import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { createTypeChecker, startExecutorProcess } from '@switchyard/execution';
import { openHost, originsOf, smtpOf, VERSION, type Host } from '@switchyard/host';
import { can, PERMISSIONS } from '@switchyard/identity';
import { AppError, type Ctx } from '@switchyard/kernel';
import { countTokens } from '@switchyard/ledger';
import { createRuns } from '@switchyard/runs';
import { createMetrics, createTracing } from '@switchyard/telemetry';
import { createDiscovery } from './discovery/discovery.ts';
import type { Env } from './env.ts';
import { createConsoleConnections } from './graphql/console-connections.ts';
import type { Viewer } from './graphql/viewer.model.ts';
import { watchChanges } from './graphql/watch.ts';
import { databaseAway } from './http/database-away.ts';
import { answerFor, opaqueAnswer } from './http/errors.ts';
import { openCtx, sessionOf } from './http/open-ctx.ts';
import { drainable } from './runs/drain.ts';
import { createRunContent } from './runs/run-content.ts';
import { createRunParts } from './runs/run-parts.ts';
import type { Services } from './services.ts';
import { observedAssign, observedChat, pseudonyms } from './telemetry/observed-chat.ts';
import { observedExecutor } from './telemetry/observed-executor.ts';
import { observedExperiments } from './telemetry/observed-experiments.ts';
import { observedGateway } from './telemetry/observed-gateway.ts';
import { observedLedger } from './telemetry/observed-ledger.ts';
import { observedRuns } from './telemetry/observed-runs.ts';
import { watchFacts } from './telemetry/watched-facts.ts';
import { admittedChat, admittedRuns } from './wiring/admission.ts';
import { openChat } from './wiring/chat.ts';
import { guardWall } from './wall-guard.ts';
import { tend } from './wiring/chores.ts';
import { chatExperiments } from './wiring/experiments.ts';
import { openWaiting } from './wiring/waiting.ts';
import { openCompare } from './wiring/compare.ts';

const EXECUTOR = fileURLToPath(new URL('../../executor/dist/main.js', import.meta.url));
/** How long a stopping server waits for runs that it has cancelled to come on record. */
const DRAIN_MS = 5_000;
const NO_TRACE = '0'.repeat(32);

/** The composition root: everything is made here, once, and handed to the surfaces. */
export async function createServices(env: Env): Promise<Services> {
  const logger = new Logger('switchyard');
  const stopping = new AbortController();
  const { publicUrl } = env;
  countTokens('warm'); // reads the tokenizer now, and not in somebody's call
  const metrics = createMetrics({ version: VERSION, tenants: env.SWITCHYARD_METRICS_TENANTS });
  const tracing = createTracing({ version: VERSION, exporter: tracesTo(env) });
  const telemetry = { metrics, tracing };
  const opened = await openHost({
    telemetry,
    requireCaller: (ctx) => parts.review.blocks.requireCaller(ctx), // one that is blocked makes no further call
    urls: { app: env.DATABASE_APP_URL, identity: env.DATABASE_IDENTITY_URL },
    databasePoolSize: env.DATABASE_POOL_SIZE,
    home: env.home,
    baseUrl: publicUrl,
    version: VERSION,
    egressAllow: env.SWITCHYARD_EGRESS_ALLOW,
    stdioEnvironment: env.stdioEnvironment,
    stdioPresets: env.SWITCHYARD_STDIO_PRESETS,
    opa: env.SWITCHYARD_OPA,
    keyEncryptionKeys: env.SWITCHYARD_KEK,
    auditKey: env.SWITCHYARD_AUDIT_KEY,
    identitySecret: env.SWITCHYARD_SECRET,
    oidc: oidcOf(env),
    smtp: smtpOf(env),
    embeddings: embeddingsOf(env),
    startsRuns: true,
    log: (level, message) =>
      level === 'error' ? logger.error(message) : level === 'warn' ? logger.warn(message) : undefined,
  });
  const host: Host = {
    ...opened,
    gateway: observedGateway(opened.gateway, telemetry),
    ledger: observedLedger(opened.ledger, telemetry),
    experiments: observedExperiments(opened.experiments, tracing),
  };
  const executor = await startExecutorProcess({
    entry: EXECUTOR,
    nodePath: process.execPath,
    socketDir: path.join(env.home, 'executor'),
    env: {
      SWITCHYARD_EXECUTOR_POOL: String(env.SWITCHYARD_POOL),
      SWITCHYARD_EXECUTOR_COMPUTING: String(env.SWITCHYARD_COMPUTING),
      SWITCHYARD_EXECUTOR_RUNNING: String(env.SWITCHYARD_RUNNING),
      SWITCHYARD_EXECUTOR_QUEUE: String(env.SWITCHYARD_QUEUE),
      SWITCHYARD_EXECUTOR_SESSIONS: String(env.SWITCHYARD_SESSIONS),
      SWITCHYARD_EXECUTOR_SESSION_IDLE_MS: String(env.SWITCHYARD_SESSION_IDLE_MS),
      ...stagingFolder(),
    },
    onMessage: (message) => logger.warn(message),
  });
  await guardWall((await executor.status()).wall, host, {
    production: env.NODE_ENV === 'production',
    allowed: env.SWITCHYARD_ALLOW_THIN_WALL,
    warn: (message) => logger.warn(message),
  }).catch(async (thrown: unknown) => {
    await Promise.all([executor.close(), host.close()]);
    throw thrown;
  });
  const typeChecker =
    env.SWITCHYARD_TYPE_CHECKERS > 0 && env.SWITCHYARD_VALIDATION === 'enforce'
      ? createTypeChecker({ servers: env.SWITCHYARD_TYPE_CHECKERS, onMessage: (message) => logger.warn(message) })
      : undefined;
  const stopTending = tend(host, { signal: stopping.signal, complain: (message) => logger.error(message) });
  const { clock, database, identity, policy, ledger, vault, gateway, connections, experiments, approvals } = host;
  experiments.startSweep();
  watchFacts(metrics, host, executor);

  const errorBody: Services['errorBody'] = (error, traceId = NO_TRACE) => {
    const refusal = error instanceof AppError ? error : databaseAway(error);
    if (refusal) return answerFor(refusal).body;
    logger.error({ traceId }, error instanceof Error ? error.stack : String(error));
    return opaqueAnswer(traceId).body;
  };
  const parts = createRunParts(host, {
    recordingHours: env.SWITCHYARD_RECORDING_HOURS,
    warn: (message) => logger.warn(message),
  });
  const waiting = openWaiting(host, {
    results: parts.results,
    graceMs: env.SWITCHYARD_APPROVAL_HOLD_SECONDS * 1_000,
    stopping: stopping.signal,
    complain: (message) => logger.error(message),
  });
  const runs = drainable(
    admittedRuns(
      observedRuns(
        createRuns({
          executor: observedExecutor(executor, metrics),
          gateway,
          ledger,
          ...parts,
          waiting: waiting.options,
          warn: (message) => logger.warn(message),
          policyRevision: async (ctx) => policy.revision(ctx),
          validation: env.SWITCHYARD_VALIDATION,
          typeChecker,
          mayShare: async (ctx) => !(await experiments.isOn(ctx, 'MCP_STRICT_SANDBOX')),
          precheck: (ctx, tool) => policy.decide(ctx, { ...tool, purpose: 'precheck' }),
          clock,
        }),
        tracing,
      ),
      ledger,
    ),
  );

  const watching = waiting.watch(runs);
  const dealt = chatExperiments(experiments, env);
  const pseudonymOf = pseudonyms(host.secretFor('telemetry'));
  const chatting = await openChat({
    env,
    host,
    runs,
    importables: (ctx) => parts.skills.toolsFor(ctx),
    ...dealt,
    assign: observedAssign(dealt.assign, { tracing, pseudonymOf }),
    recordModelCall: (ctx, call) => ledger.recordModelCall(ctx, call),
    priceModelCall: (ctx, call) => ledger.priceModelCall(ctx, call),
    served: (ctx, served) => comparing.served(ctx, served),
  });
  const comparing = openCompare({ host, chat: chatting.chat, experiments });

  return {
    clock,
    identity,
    policy,
    privacy: host.privacy,
    ledger,
    vault,
    experiments,
    approvals,
    accounts: host.accounts,
    production: env.NODE_ENV === 'production',
    publicUrl,
    version: VERSION,
    trustProxy: env.SWITCHYARD_TRUST_PROXY,
    metrics,
    tracing,
    metricsToken: env.SWITCHYARD_METRICS_TOKEN,
    runs,
    approvalWaitMs: env.SWITCHYARD_APPROVAL_WAIT_SECONDS * 1_000,
    mcpStateKey: host.secretFor('mcp request state'),
    chat: observedChat(admittedChat(chatting.chat, ledger), { ...telemetry, pseudonymOf }),
    operatorModel: chatting.operator,
    runContent: createRunContent(ledger, runs, parts),
    skills: parts.skills,
    review: parts.review,
    compare: comparing.compare,
    discovery: createDiscovery(parts.skills),
    catalogueSyncs: host.catalogueSyncs,
    shopHooks: host.shopHooks,
    siteCrawls: host.siteCrawls,
    connections: createConsoleConnections({
      connections,
      accounts: host.accounts,
      vault,
      stdioPresets: env.SWITCHYARD_STDIO_PRESETS,
    }),
    async openCtx(request, options) {
      const ctx = await openCtx(identity, request, stopping.signal, options);
      await parts.review.blocks.requireCaller(ctx);
      return ctx;
    },
    sessionOf: (request, options) => sessionOf(identity, request, options),
    isOwnOrigin: (origin) => origin === undefined || originsOf(publicUrl).includes(origin),
    errorBody,
    viewer: (ctx) => viewerOf(host, ctx, { publicUrl, version: VERSION }),
    async executorStatus() {
      try {
        const { denoVersion, pool, wall } = await executor.status();
        const { warm, running, queued, size: poolSize } = pool;
        return { connected: true, denoVersion, warm, running, queued, poolSize, layers: [...wall.layers] };
      } catch {
        return { connected: false, denoVersion: null, warm: 0, running: 0, queued: 0, poolSize: 0, layers: [] };
      }
    },
    watchRuns: (ctx) =>
      watchChanges(database, ctx, ['runs'], async ({ id }) =>
        id ? ledger.getRun(ctx, id).catch(() => undefined) : undefined,
      ),
    watchTopics: (ctx) =>
      watchChanges(
        database,
        ctx,
        [
          'approvals',
          'chat',
          'comparisons',
          'connections',
          'conversations',
          'grants',
          'keys',
          'members',
          'privacy',
          'reviews',
          'rollouts',
          'skills',
        ],
        async ({ topic }) => topic,
      ),
    async missingParts() {
      const databaseAnswers = host.database.host.$queryRaw`SELECT 1`.then(
        () => true,
        () => false,
      );
      const executorAnswers = executor.status().then(
        () => true,
        () => false,
      );
      const [hasDatabase, hasExecutor] = await Promise.all([databaseAnswers, executorAnswers]);
      return [
        ...(hasDatabase ? [] : ['the database does not answer']),
        ...(hasExecutor ? [] : ['no executor is connected']),
      ];
    },
    async beginShutdown() {
      stopping.abort(new Error('the server is stopping'));
      await comparing.compare.close(); // before runs are drained: it stops those of its own
      await runs.drain(DRAIN_MS);
    },
    async close() {
      stopTending();
      await host.catalogueSyncs.settled();
      await host.siteCrawls.settled();
      watching.close();
      await chatting.close();
      await parts.close();
      await typeChecker?.close();
      await executor.close();
      await host.close();
      await tracing.close();
      await metrics.close();
    },
  };
}

/**
 * A folder that every user may read, for a copy of Deno where the sandbox's own user cannot reach this checkout (below
 * root's home, say). Only one that is ours: others may write beside it.
 */
function stagingFolder(): Record<string, string> {
  const folder = path.join(tmpdir(), `switchyard-deno-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const found = lstatSync(folder);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  return isOurs ? { SWITCHYARD_EXECUTOR_STAGING: folder } : {};
}

/** Asked for by name alone: the words of every tenant's products go there. */
function embeddingsOf(env: Env) {
  const { SWITCHYARD_EMBEDDING_MODEL: model, OPENAI_API_KEY: apiKey = '', OPENAI_BASE_URL: baseUrl } = env;
  if (!model) return undefined;
  if (!apiKey && !baseUrl)
    throw new Error(
      'SWITCHYARD_EMBEDDING_MODEL needs OPENAI_API_KEY, or OPENAI_BASE_URL of an endpoint without a key.',
    );
  return { model, apiKey: apiKey || 'none', baseUrl };
}

function tracesTo({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env }: Env) {
  const {
    OTEL_EXPORTER_OTLP_HEADERS: headers = {},
    OTEL_TRACES_SAMPLER_ARG: ratio,
    OTEL_SERVICE_NAME: serviceName,
  } = env;
  return endpoint === undefined ? undefined : { endpoint, headers, ratio, serviceName };
}

function oidcOf(env: Env) {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret, OIDC_NAME: name } = env;
  if (!issuer && !clientId && !clientSecret) return undefined;
  if (!issuer || !clientId || !clientSecret)
    throw new Error('Single sign-on needs OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET together.');
  return { issuer, clientId, clientSecret, name };
}

async function viewerOf({ identity }: Host, ctx: Ctx, facts: { publicUrl: string; version: string }): Promise<Viewer> {
  const { principal } = ctx;
  const permissions = PERMISSIONS.filter((permission) => can(principal, permission));
  if (principal.kind === 'user') {
    const memberships = await identity.tenantsOf(principal.id);
    const tenants = memberships.map(({ tenantId, slug, name, role }) => ({ id: tenantId, slug, name, role }));
    const tenant = tenants.find(({ id }) => id === ctx.tenantId);
    if (!tenant) throw new AppError('forbidden', 'You are no longer a member of this tenant.');
    return {
      ...facts,
      permissions,
      tenants,
      tenant,
      user: { id: principal.id, name: principal.name, email: principal.name },
    };
  }
  const tenant = (await identity.listTenants()).find(({ id }) => id === ctx.tenantId);
  if (!tenant) throw new AppError('not_found', 'This tenant does not exist any longer.');
  const role = 'admin' as const; // what a key with scope admin may do
  const shown = { id: tenant.id, slug: tenant.slug, name: tenant.name, role };
  return { ...facts, permissions, user: null, tenant: shown, tenants: [shown] };
}
