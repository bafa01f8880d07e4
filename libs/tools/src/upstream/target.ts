import { createHmac, randomBytes } from 'node:crypto';
import { AppError, canonicalJson, type ConnectionId, type TenantId, type UserId } from '@switchyard/kernel';

/** A program on the operator's host. `env` holds templates; `args` stand in the process list and never carry a secret. */
export interface StdioCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface TargetBase {
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  /** Set when each user has a connection of their own. */
  readonly userId?: UserId;
  /** The connected account, where it works with one: an open connection outlives no change of account. */
  readonly grantId?: string;
  /** The server's name in code. */
  readonly name: string;
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
}

/** All that is needed to reach one tool server, the secrets excepted. */
export type UpstreamTarget =
  | (TargetBase & {
      readonly kind: 'builtin';
      /** Which of the product's own servers. */
      readonly server: string;
      /** Set where it works for something of the tenant's, with credentials of the connection. */
      readonly preset: string | null;
      readonly settings: Readonly<Record<string, string>>;
    })
  | (TargetBase & { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> })
  | (TargetBase & { readonly kind: 'stdio'; readonly command: StdioCommand });

/** Plaintext by name. Lives for one call and is never kept, logged or returned. */
export type Secrets = Readonly<Record<string, string>>;

const PLACEHOLDER = /\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}/g;

/** The names of the secrets that templates ask for, each once. */
export const secretNames = (templates: Readonly<Record<string, string>>): string[] => [
  ...new Set(
    Object.values(templates).flatMap((template) => [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '')),
  ),
];

/** Fills `{{name}}`. Throws AppError `unprocessable` that names the secret that is missing. */
export function fillTemplates(templates: Readonly<Record<string, string>>, secrets: Secrets): Record<string, string> {
  const fill = (template: string): string =>
    template.replace(PLACEHOLDER, (_match, name: string) => {
      const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
      if (value === undefined)
        throw new AppError('unprocessable', `The credential "${name}" of this connection is not set: add it first.`, {
          secret: name,
        });
      return value;
    });
  return Object.fromEntries(Object.entries(templates).map(([key, template]) => [key, fill(template)]));
}

/** Two tenants, two connections, or two users with their own credentials never share an upstream connection. */
export const targetKey = (target: UpstreamTarget): string =>
  [target.tenantId, target.connectionId, target.userId ?? ''].join('/');

const FINGERPRINT_KEY = randomBytes(32);

/** Changes when the open connection no longer is what the target describes. Keyed, so that it tells nothing of a secret. */
export function fingerprint(target: UpstreamTarget, secrets: Secrets): string {
  const { timeoutMs: _timeout, maxConcurrency: _concurrency, ...identity } = target;
  const material = target.kind === 'stdio' ? [identity, fillTemplates(target.command.env, secrets)] : [identity];
  return createHmac('sha256', FINGERPRINT_KEY).update(canonicalJson(material)).digest('base64url');
}
