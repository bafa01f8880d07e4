import { HOST_VARIABLES, parseEnvironment, publicUrlOf, stdioEnvironment } from '@switchyard/host';
import { z } from 'zod';

/** Every setting of the command line, by the name of its environment variable. docs/configuration.md explains each. */
const Env = z.object({
  ...HOST_VARIABLES,
  /** The owner's URL of a PostgreSQL of one's own; unset, the embedded one. */
  DATABASE_URL: z.string().optional(),
  /** The folder the command was typed in: files on the command line are relative to it. */
  SWITCHYARD_CWD: z.string().default(process.cwd()),
});

export type Env = z.infer<typeof Env> & {
  readonly home: string;
  readonly apiUrl: string;
  readonly stdioEnvironment: Record<string, string>;
  /** The environment as it was found, for the processes that this one starts. */
  readonly inherited: NodeJS.ProcessEnv;
};

export function readEnv(source: NodeJS.ProcessEnv = process.env): Env {
  const env = parseEnvironment(Env, source);
  return {
    ...env,
    home: env.SWITCHYARD_HOME,
    apiUrl: publicUrlOf(env),
    stdioEnvironment: stdioEnvironment(source),
    inherited: source,
  };
}
