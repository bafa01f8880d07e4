import { HOST_VARIABLES, parseEnvironment, publicUrlOf, stdioEnvironment } from '@switchyard/host';
import { z } from 'zod';

const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
const count = (fallback: number, most: number) => z.coerce.number().int().min(1).max(most).default(fallback);

/** Throws where a part is no pair. */
function headersOf(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim());
  return Object.fromEntries(
    pairs.filter(Boolean).map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new Error('OTEL_EXPORTER_OTLP_HEADERS is name=value pairs, by commas.');
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}

/** Every setting of the control plane, by the name of its environment variable. docs/configuration.md explains each. */
const Env = z.object({
  ...HOST_VARIABLES,
  /** Of the roles switchyard_app and switchyard_identity; the owner's URL never comes here. */
  DATABASE_APP_URL: z.string().min(1),
  DATABASE_IDENTITY_URL: z.string().min(1),
  DATABASE_POOL_SIZE: count(20, 500),
  SWITCHYARD_VALIDATION: z.enum(['enforce', 'off']).default('enforce'),
  /** Compiler processes for the type-check; 0 switches it off. */
  SWITCHYARD_TYPE_CHECKERS: z.coerce.number().int().min(0).max(32).default(2),
  /** Sandboxes kept started ahead. */
  SWITCHYARD_POOL: count(16, 256),
  /** Runs that compute at the same time. */
  SWITCHYARD_COMPUTING: count(4, 256),
  /** Runs at the same time, those that wait for a tool included. */
  SWITCHYARD_RUNNING: count(64, 4_096),
  /** Runs that wait to begin; one more is refused. */
  SWITCHYARD_QUEUE: count(1_000, 100_000),
  /** Sandboxes kept between two runs of one conversation, where a tenant lets them share one. */
  SWITCHYARD_SESSIONS: count(16, 1_000),
  SWITCHYARD_SESSION_IDLE_MS: count(30_000, 3_600_000),
  /** How long what a run's calls gave is kept for replays; 0: not at all. */
  SWITCHYARD_RECORDING_HOURS: z.coerce.number().int().min(0).max(2_160).default(72),
  /** How long the sandbox of a run that waits for a person is held; then it is let go, and the run goes on in another. */
  SWITCHYARD_APPROVAL_HOLD_SECONDS: z.coerce.number().min(0).max(300).default(5),
  /** How long a chat's answer, and a client of /mcp that asks again, waits for a person. */
  SWITCHYARD_APPROVAL_WAIT_SECONDS: z.coerce.number().min(0).max(300).default(25),
  /** Start in production although the machine's own walls do not stand, because others do (gVisor, a virtual machine). */
  SWITCHYARD_ALLOW_THIN_WALL: flag.default(false),
  SWITCHYARD_TRUST_PROXY: flag.default(false),
  /** Opens /metrics from elsewhere; unset, they are read on this machine alone. */
  SWITCHYARD_METRICS_TOKEN: z.string().min(16).optional(),
  /** The collector that traces are sent to, as OTLP over HTTP; unset, nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Headers for it: name=value, by commas, values percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS: z.string().transform(headersOf).optional(),
  OTEL_SERVICE_NAME: z
    .string()
    .regex(/^[\w.-]{1,60}$/)
    .default('switchyard'),
  /** Of the traces that begin here, the share that is recorded. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  /** How many tenants get a label of their own in metrics, by id; 0: none. */
  SWITCHYARD_METRICS_TENANTS: z.coerce.number().int().min(0).max(1_000).default(0),
  /** The operator's model endpoint; without key and URL the scripted model answers. */
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  MODEL: z.string().optional(),
  /** An embedding model of the same endpoint: what is searched for is then compared in meaning, and sent there. */
  SWITCHYARD_EMBEDDING_MODEL: z.string().optional(),
  /** A file that every answer of the operator's endpoint is written to, or played from. */
  SWITCHYARD_MODEL_RECORD: z.string().optional(),
  SWITCHYARD_MODEL_REPLAY: z.string().optional(),
  MCP_EXECUTION_ENABLED: flag.default(true),
  MCP_PROGRESSIVE_DISCLOSURE: flag.default(true),
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().default('Single sign-on'),
});

export type Env = z.infer<typeof Env> & {
  readonly home: string;
  readonly publicUrl: string;
  readonly stdioEnvironment: Record<string, string>;
};

export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const env = parseEnvironment(Env, source);
  if (env.SWITCHYARD_VALIDATION === 'off' && env.NODE_ENV === 'production')
    throw new Error('SWITCHYARD_VALIDATION=off is for tests of the sandbox: it is refused with NODE_ENV=production.');
  return { ...env, home: env.SWITCHYARD_HOME, publicUrl: publicUrlOf(env), stdioEnvironment: stdioEnvironment(source) };
}
