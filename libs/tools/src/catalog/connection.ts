import { AppError, type ConnectionId, type Ctx, type TenantId } from '@switchyard/kernel';
import { z } from 'zod';
import { secretNames, type StdioCommand, type UpstreamTarget } from '../upstream/target.ts';
import { isServerName } from './function-name.ts';
import { findPreset } from './presets.ts';

export const CONNECTION_KINDS = ['builtin', 'stdio', 'http'] as const;
export type ConnectionKind = (typeof CONNECTION_KINDS)[number];
export const HEALTH = ['unknown', 'ready', 'degraded', 'unreachable'] as const;
export type Health = (typeof HEALTH)[number];

/** A tool server that a tenant is connected to. Holds the names of secrets, never a secret. */
export interface Connection {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  /** `servers/<name>` in code. Never changes: grants and code hold on to it. */
  readonly name: string;
  readonly title: string;
  readonly kind: ConnectionKind;
  readonly preset: string | null;
  readonly url: string | null;
  readonly command: StdioCommand | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** Signs in by OAuth 2.1 with an account that somebody connected. Over http alone. */
  readonly oauth: boolean;
  /** Separated by spaces; null: what the server asks for. */
  readonly oauthScopes: string | null;
  readonly perUser: boolean;
  readonly enabled: boolean;
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
  readonly health: Health;
  readonly healthDetail: string | null;
  readonly checkedAt: Date | null;
  readonly protocolVersion: string | null;
  readonly serverName: string | null;
  readonly serverVersion: string | null;
  readonly instructions: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The secrets that a connection's templates ask for: what the vault has to hold before it works. */
export const requiredSecrets = ({
  headers,
  command,
  preset,
}: Pick<Connection, 'headers' | 'command' | 'preset'>): string[] => {
  const own = findPreset(preset ?? '')?.connect;
  return secretNames({ ...headers, ...(command?.env ?? {}), ...(own?.kind === 'builtin' ? own.secrets : {}) });
};

const name = z
  .string()
  .refine(isServerName, 'must be a lower-case letter followed by letters, digits or _, and no reserved word');
const title = z.string().trim().min(1).max(120);
const timeoutMs = z.number().int().min(100).max(600_000);
const maxConcurrency = z.number().int().min(1).max(256);
const url = z.string().max(2_000);
/** Those that belong to HTTP or to MCP itself. */
const FOREIGN_HEADER =
  /^(host|connection|content-.*|transfer-encoding|upgrade|te|trailer|accept|mcp-.*|last-event-id|cookie)$/i;
const headers = z.record(
  z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/)
    .refine((header) => !FOREIGN_HEADER.test(header), 'is set by the protocol'),
  z
    .string()
    .max(2_000)
    .regex(/^[\t\x20-\x7e]*$/, 'must be printable ASCII'),
);
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/);
const command = z.object({
  command: z.string().min(1).max(1_000),
  args: z
    .array(
      z
        .string()
        .max(4_000)
        .refine((arg) => !/\{\{.*\}\}/.test(arg), 'stands in the process list: put secrets into env'),
    )
    .max(100),
  env: z.record(variable, z.string().max(4_000)),
});

const oauthScopes = z
  .string()
  .trim()
  .max(2_000)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e ]*$/, 'are words separated by spaces')
  .transform((text) => text || null)
  .nullable();

const common = {
  name,
  title: title.optional(),
  perUser: z.boolean().optional(),
  timeoutMs: timeoutMs.optional(),
  maxConcurrency: maxConcurrency.optional(),
};

/** Exactly one of `preset`, `url`, `command` and `builtin` says what is connected to. */
export const NewConnection = z.union([
  z.strictObject({ ...common, preset: z.string(), fields: z.record(z.string(), z.string().max(4_000)).optional() }),
  z.strictObject({
    ...common,
    url,
    headers: headers.optional(),
    oauth: z.boolean().optional(),
    oauthScopes: oauthScopes.optional(),
  }),
  z.strictObject({ ...common, command }),
  z.strictObject({ ...common, builtin: z.literal(true) }),
]);
export type NewConnection = z.infer<typeof NewConnection>;

export const ConnectionChange = z.strictObject({
  id: z.string(),
  /** As it was read; another value means that somebody else was faster. */
  updatedAt: z.date(),
  enabled: z.boolean().optional(),
  title: title.optional(),
  timeoutMs: timeoutMs.optional(),
  maxConcurrency: maxConcurrency.optional(),
  /** Of a connection over HTTP, as are the next three. A change of any but the scopes gives up what was connected. */
  url: url.optional(),
  oauth: z.boolean().optional(),
  oauthScopes: oauthScopes.optional(),
  perUser: z.boolean().optional(),
});
export type ConnectionChange = z.infer<typeof ConnectionChange>;

export const storedHeaders = z.record(z.string(), z.string()).catch({});
export const storedCommand = command.nullable().catch(null);

export function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  // A union reports its members; the one that got furthest says what is wrong.
  const [first] = parsed.error.issues.flatMap((issue) =>
    issue.code === 'invalid_union' ? ([...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [issue]) : [issue],
  );
  const path = first?.path.join('.') ?? '';
  throw new AppError(
    'unprocessable',
    `${path === '' ? 'The connection' : path}: ${first?.message ?? 'is not acceptable'}`,
    { path },
  );
}

/** Owners, admins, keys of scope `admin`, the operator and the product itself. Throws AppError `forbidden`. */
export function requireAdmin({ principal }: Pick<Ctx, 'principal'>): void {
  const may =
    principal.kind === 'user'
      ? principal.role === 'owner' || principal.role === 'admin'
      : principal.kind !== 'key' || principal.scopes.includes('admin');
  if (!may)
    throw new AppError('forbidden', 'Connections are changed by an owner or admin, or by a key of scope admin.');
}

export const isOperator = ({ principal }: Pick<Ctx, 'principal'>): boolean =>
  principal.kind === 'operator' || principal.kind === 'system';

/** The name under which an access token stands among the secrets of one call. */
export const ACCESS_TOKEN = 'oauth.access_token';

/** A header that the token takes the place of is not sent. */
const withToken = (headers: Readonly<Record<string, string>>): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization')),
  authorization: `Bearer {{${ACCESS_TOKEN}}}`,
});

/**
 * How the connection is reached for this caller, with the account `grantId` where it signs in by OAuth. Throws AppError
 * when it wants a person and the caller is none.
 */
export function targetOf(ctx: Pick<Ctx, 'principal'>, connection: Connection, grantId?: string): UpstreamTarget {
  const { tenantId, id: connectionId, timeoutMs, maxConcurrency } = connection;
  if (connection.perUser && ctx.principal.kind !== 'user')
    throw new AppError(
      'forbidden',
      `"${connection.name}" works with each user’s own credential: call it as a signed-in user.`,
    );
  const base = {
    tenantId,
    connectionId,
    name: connection.name,
    timeoutMs,
    maxConcurrency,
    ...(connection.perUser && ctx.principal.kind === 'user' ? { userId: ctx.principal.id } : {}),
    ...(grantId === undefined ? {} : { grantId }),
  };
  if (connection.kind === 'http' && connection.url !== null) {
    const headers = connection.oauth ? withToken(connection.headers) : connection.headers;
    return { ...base, kind: 'http', url: connection.url, headers };
  }
  if (connection.kind === 'stdio' && connection.command !== null)
    return { ...base, kind: 'stdio', command: connection.command };
  if (connection.kind === 'builtin') {
    const { name, preset, settings } = connection;
    const own = findPreset(preset ?? '')?.connect;
    return { ...base, kind: 'builtin', server: own?.kind === 'builtin' ? own.server : name, preset, settings };
  }
  throw new AppError('unavailable', `The connection "${connection.name}" is incomplete: remove it and add it again.`);
}
