import type { Chat } from '@switchyard/chat';
import type { Compare } from '@switchyard/compare';
import type { Host } from '@switchyard/host';
import type { Ctx, Surface, TenantId } from '@switchyard/kernel';
import type { Credential } from '@switchyard/identity';
import type { RunSummary } from '@switchyard/ledger';
import type { Review, Runs, Skills } from '@switchyard/runs';
import type { Metrics, Tracing } from '@switchyard/telemetry';
import type { Discovery } from './discovery/discovery.ts';
import type { ConsoleConnections } from './graphql/console-connections.ts';
import type { ExecutorStatus } from './graphql/executor.model.ts';
import type { Viewer } from './graphql/viewer.model.ts';
import type { ErrorBody } from './http/errors.ts';
import type { SwitchyardRequest } from './http/request.ts';
import type { RunContent } from './runs/run-content.ts';

/** Nest's token for `Services`. */
export const SERVICES = Symbol('services');

export interface OpenCtxOptions {
  readonly surface?: Surface;
  /** Which credentials the surface takes; API keys and sessions unless told. */
  readonly accept?: readonly Credential[];
  /**
   * For a browser that another site's page sent back here, to this tenant: its session counts although that page asked.
   * Only where more than the cookie is required of it.
   */
  readonly returningTo?: TenantId;
}

/** All that the surfaces are given; made once in providers.ts. */
export interface Services extends Pick<
  Host,
  | 'clock'
  | 'identity'
  | 'policy'
  | 'privacy'
  | 'ledger'
  | 'vault'
  | 'experiments'
  | 'approvals'
  | 'accounts'
  | 'shopHooks'
> {
  readonly production: boolean;
  readonly publicUrl: string;
  readonly version: string;
  readonly trustProxy: boolean;
  readonly metrics: Pick<Metrics, 'request' | 'served' | 'text'>;
  readonly tracing: Pick<Tracing, 'begin' | 'span'>;
  /** Opens /metrics from elsewhere than this machine. */
  readonly metricsToken: string | undefined;
  readonly runs: Runs;
  /** How long one answer waits for people, in milliseconds. */
  readonly approvalWaitMs: number;
  /** Signs what a client of /mcp hands back when it asks again. */
  readonly mcpStateKey: Uint8Array;
  readonly chat: Chat;
  /** What answers tenants that have no endpoint of their own. */
  readonly operatorModel: { readonly provider: string; readonly scripted: boolean };
  readonly runContent: RunContent;
  readonly skills: Skills;
  readonly review: Review;
  readonly compare: Compare;
  readonly discovery: Discovery;
  readonly connections: ConsoleConnections;
  readonly catalogueSyncs: Pick<Host['catalogueSyncs'], 'start' | 'cancel' | 'schedule' | 'latest' | 'scheduleOf'>;
  readonly siteCrawls: Omit<Host['siteCrawls'], 'work' | 'settled'>;

  /** Who asks, for which tenant, until when. Throws AppError `unauthenticated` or `forbidden`. */
  openCtx(request: SwitchyardRequest, options?: OpenCtxOptions): Promise<Ctx>;
  /** The browser's session. Throws AppError `unauthenticated` where there is none. */
  sessionOf(request: SwitchyardRequest, options?: OpenCtxOptions): Promise<string>;
  /** True also where there is no Origin, as from programs. */
  isOwnOrigin(origin: string | undefined): boolean;
  /** What is told of an error: a refusal as it is, a bug opaquely (the log has the rest). */
  errorBody(error: unknown, traceId?: string): ErrorBody;
  viewer(ctx: Ctx): Promise<Viewer>;
  executorStatus(): Promise<ExecutorStatus>;
  /** Runs of the tenant as they begin and end; ends with the caller. */
  watchRuns(ctx: Ctx): AsyncIterableIterator<RunSummary>;
  /** Topics of the tenant that have changed. */
  watchTopics(ctx: Ctx): AsyncIterableIterator<string>;
  /** Parts that do not answer now, in words. */
  missingParts(): Promise<string[]>;
  /** No new runs; those that go on are cancelled. Resolves when they are on record and answered. */
  beginShutdown(): Promise<void>;
  close(): Promise<void>;
}
