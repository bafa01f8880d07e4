import type { KeyId, RunId, TenantId, UserId } from './ids.ts';

/** What a member may do in a tenant; `owner` is the first and cannot be removed by an admin. */
export const ROLES = ['owner', 'admin', 'reviewer', 'analyst'] as const;
export type Role = (typeof ROLES)[number];

/** What an API key may be used for. */
export const SCOPES = ['runs', 'tools', 'chat', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** The way by which a request came in; kept with runs, decisions and audit events. */
export const SURFACES = ['rest', 'mcp', 'chat', 'shadow', 'playground', 'cli', 'console', 'system'] as const;
export type Surface = (typeof SURFACES)[number];

/** How a conversation's model reaches tools: all definitions in its context, by code alone, or whichever it picks. */
export const ARMS = ['traditional', 'code', 'hybrid'] as const;
export type Arm = (typeof ARMS)[number];

/**
 * Who acts. `operator` is the person at the host's own command line, `system` the product itself.
 * A role is never read from the caller: identity looks it up.
 */
export type Principal =
  | { readonly kind: 'user'; readonly id: UserId; readonly name: string; readonly role: Role }
  | { readonly kind: 'key'; readonly id: KeyId; readonly name: string; readonly scopes: readonly Scope[] }
  | { readonly kind: 'operator'; readonly id: 'operator'; readonly name: string }
  | { readonly kind: 'system'; readonly id: 'system'; readonly name: string };

/** A span as it travels (W3C trace context). */
export interface SpanRef {
  /** 16 lower-case hex digits. */
  readonly id: string;
  /** Whether its trace is recorded. */
  readonly sampled: boolean;
}

/** Travels first through every call: for whom, by whom, until when. It is never written into code that runs. */
export interface Ctx {
  readonly tenantId: TenantId;
  readonly principal: Principal;
  readonly surface: Surface;
  /** 32 lower-case hex digits (W3C trace context). */
  readonly traceId: string;
  /** The span that this is a part of; missing where nothing is traced. */
  readonly span?: SpanRef;
  /** Aborted when the caller goes away or the process stops. */
  readonly signal: AbortSignal;
  readonly conversation?: string;
  /** Set where a chat's arm answers; kept with its runs, calls, decisions and usage. */
  readonly arm?: Arm;
  readonly runId?: RunId;
  readonly ip?: string;
}

const NEVER = new AbortController().signal;

/** A context for work that the product does on its own account, such as seeding or sweeping. */
export function systemCtx(tenantId: TenantId, name = 'switchyard', signal: AbortSignal = NEVER): Ctx {
  return {
    tenantId,
    principal: { kind: 'system', id: 'system', name },
    surface: 'system',
    traceId: '0'.repeat(32),
    signal,
  };
}
