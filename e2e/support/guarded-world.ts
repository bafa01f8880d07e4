import { spawn } from 'node:child_process';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('../../libs/tools/fixtures/guarded-process.ts', import.meta.url));

export interface GuardedWorld {
  /** Of the MCP server, which takes tokens of the authorization server alone. */
  readonly url: string;
  readonly issuer: string;
  /** Ends all access that was ever given. */
  revoke(): Promise<void>;
  /** Every access and refresh token that was ever given. */
  tokens(): Promise<string[]>;
  close(): void;
}

/** A real authorization server and a real MCP server behind it, in a process of their own. */
export async function startGuardedWorld(): Promise<GuardedWorld> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROCESS], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? 'null');
  const ask = (command: string): Promise<unknown> => {
    child.stdin.write(`${command}\n`);
    return next();
  };
  const { url, issuer } = (await next()) as { url: string; issuer: string };
  return {
    url,
    issuer,
    revoke: async () => void (await ask('revoke')),
    tokens: async () => (await ask('tokens')) as string[],
    close: () => void child.kill(),
  };
}
