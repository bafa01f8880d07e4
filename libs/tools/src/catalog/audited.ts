import type { Tx } from '@switchyard/database';
import type { Ctx } from '@switchyard/kernel';
import { requiredSecrets, type Connection } from './connection.ts';
import type { ToolStep } from './reconcile.ts';
import type { ToolRecord } from './tool.store.ts';

export interface ConnectionEvent {
  readonly action:
    | 'connection.added'
    | 'connection.changed'
    | 'connection.removed'
    | 'connection.tools_changed'
    | 'tool.accepted'
    | 'account.connected'
    | 'account.disconnected'
    | 'account.needs_reconnect'
    | 'account.client_entered'
    | 'account.client_registered';
  readonly target: { readonly kind: 'connection' | 'tool'; readonly id: string };
  readonly before: unknown;
  readonly after: unknown;
}
/** Writes the audit event of a change, in the change's own transaction. */
export type AuditConnections = (tx: Tx, ctx: Ctx, event: ConnectionEvent) => Promise<unknown>;

/** Templates name secrets and do not hold them; a header's fixed part could still be one, so that only names are kept. */
export const auditable = (connection: Connection): Record<string, unknown> => ({
  name: connection.name,
  title: connection.title,
  kind: connection.kind,
  preset: connection.preset,
  url: connection.url,
  command: connection.command && { command: connection.command.command, args: connection.command.args },
  headers: Object.keys(connection.headers),
  settings: connection.settings,
  secrets: requiredSecrets(connection),
  enabled: connection.enabled,
  perUser: connection.perUser,
  oauth: connection.oauth,
  oauthScopes: connection.oauthScopes,
  timeoutMs: connection.timeoutMs,
  maxConcurrency: connection.maxConcurrency,
});

export interface StepCounts {
  readonly added: number;
  readonly held: number;
  readonly removed: number;
  readonly invalid: number;
}

const of = (steps: readonly ToolStep[], kind: ToolStep['kind']): ToolStep[] =>
  steps.filter((step) => step.kind === kind);

export const count = (steps: readonly ToolStep[]): StepCounts => ({
  added: of(steps, 'add').length,
  held: of(steps, 'hold').length,
  removed: of(steps, 'remove').length,
  invalid: 0,
});

const MAX_NAMED = 50;

export function summary(steps: readonly ToolStep[], existing: readonly ToolRecord[]): Record<string, unknown> {
  const names = new Map(existing.map((tool) => [tool.id, tool.name]));
  const named = (kind: ToolStep['kind']): string[] =>
    of(steps, kind)
      .map((step) => ('id' in step ? (names.get(step.id) ?? step.id) : step.functionName))
      .slice(0, MAX_NAMED);
  return { ...count(steps), addedTools: named('add'), heldTools: named('hold'), removedTools: named('remove') };
}
