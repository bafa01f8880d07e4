// Whole products over MCP, as a client sees them: `executor` over stdio (its own way in), Switchyard over HTTP.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Switchyard } from '../../support/switchyard.ts';
import { distribution, row, throughput } from '../measure.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const EXECUTOR = path.join(FOLDER, 'node_modules/.bin/executor');
/** Outside the lock file: not all of its platforms' packages are to be had everywhere, and the lock would name them all. */
const VERSION = 'executor@1.5.9';
const WARMUP = 100;
const SAMPLES = 150;
const EVERY_MS = 100;
const SECONDS = 5;

interface Product {
  readonly name: string;
  /** `return 1`; throws where the answer is another. */
  run(): Promise<void>;
}

async function overMcp(name: string, transport: Transport, tool: string): Promise<Product & { client: Client }> {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(transport);
  const run = async (): Promise<void> => {
    const { structuredContent } = await client.callTool({ name: tool, arguments: { code: 'return 1' } });
    const result = (structuredContent as { readonly result?: unknown } | undefined)?.result;
    if (result !== 1) throw new Error(`${name} answered ${JSON.stringify(structuredContent)}`);
  };
  return { name, run, client };
}

/** In turn, so that both meet the same machine. Switchyard type-checks, decides, runs in a process of its own and keeps an audit. */
export async function products(print: (text: string) => void): Promise<void> {
  const install = ['install', '--no-save', '--no-package-lock', '--legacy-peer-deps', '--loglevel=error', VERSION];
  if (!fs.existsSync(EXECUTOR)) spawnSync('npm', install, { cwd: FOLDER, stdio: 'inherit' });
  if (!fs.existsSync(EXECUTOR)) return print(`\nleft out: ${VERSION} could not be installed`);
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-executor-'));
  const switchyard = await Switchyard.start();
  const opened: (Product & { client: Client })[] = [];
  try {
    const headers = { authorization: `Bearer ${switchyard.createKey()}` };
    const url = new URL('/mcp', switchyard.url);
    const env = { PATH: process.env['PATH'] ?? '', HOME: home };
    const stdio = { command: EXECUTOR, args: ['mcp'], env, stderr: 'ignore' as const };
    opened.push(
      await overMcp(
        'Switchyard /mcp',
        new StreamableHTTPClientTransport(url, { requestInit: { headers } }),
        'execute_code',
      ),
    );
    opened.push(await overMcp('executor mcp', new StdioClientTransport(stdio), 'execute'));
    print('\nProducts over MCP, end to end: return 1');
    const samples = new Map<string, number[]>(opened.map(({ name }) => [name, []]));
    for (const { run } of opened) for (let at = 0; at < WARMUP; at++) await run();
    for (let at = 0; at < SAMPLES; at++)
      for (const { name, run } of opened) {
        const began = performance.now();
        await run();
        const took = performance.now() - began;
        samples.get(name)?.push(took);
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - took)));
      }
    for (const { name, run } of opened) {
      const perSecond = await throughput(4, SECONDS, run);
      print(
        `${row(`  ${name}`, distribution(samples.get(name) ?? []), 'ms')}  ${perSecond.toFixed(0).padStart(6)} runs/s`,
      );
    }
  } finally {
    await Promise.all(opened.map(({ client }) => client.close().catch(() => undefined)));
    await switchyard.remove();
    fs.rmSync(home, { recursive: true, force: true });
  }
}
