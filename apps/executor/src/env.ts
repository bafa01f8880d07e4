import { z } from 'zod';

const count = (fallback: number, max: number) => z.coerce.number().int().min(1).max(max).default(fallback);

const schema = z.object({
  /** Path of the Unix socket to serve on. */
  SWITCHYARD_EXECUTOR_SOCKET: z.string().min(1),
  /** Sandboxes kept started ahead. */
  SWITCHYARD_EXECUTOR_POOL: count(16, 256),
  /** Runs that compute at the same time. */
  SWITCHYARD_EXECUTOR_COMPUTING: count(4, 256),
  /** Runs at the same time, those that wait for a tool included. */
  SWITCHYARD_EXECUTOR_RUNNING: count(64, 4_096),
  SWITCHYARD_EXECUTOR_QUEUE: count(256, 100_000),
  /** Processes kept between two runs of one session. */
  SWITCHYARD_EXECUTOR_SESSIONS: count(16, 1_000),
  SWITCHYARD_EXECUTOR_SESSION_IDLE_MS: count(30_000, 3_600_000),
  /** A folder that every user may read, for a copy of Deno where the sandbox's own user cannot reach the original. */
  SWITCHYARD_EXECUTOR_STAGING: z.string().min(1).optional(),
});
export type Env = z.infer<typeof schema>;

export const readEnv = (source: NodeJS.ProcessEnv = process.env): Env => schema.parse(source);
