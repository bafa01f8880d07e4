import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAuthorizingProxy, type Proxy } from './support/authorizing-proxy.ts';
import { installed } from './support/real-servers.ts';
import { freePort, Switchyard } from './support/switchyard.ts';

interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/** What each version is expected to fail or be warned of, under its reason: `scenario:check`, as the suite names them. */
type Baseline = Record<string, Record<string, string[]>>;
const BASELINE = JSON.parse(
  fs.readFileSync(new URL('./conformance-baseline.json', import.meta.url), 'utf8'),
) as Baseline;

describe('the conformance suite of the Model Context Protocol', () => {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-e2e-conformance-'));
  let switchyard: Switchyard;
  let proxy: Proxy;

  beforeAll(async () => {
    // The suite sends no credentials, so it goes through a proxy that adds them; the product is told that it stands behind one.
    const port = await freePort();
    switchyard = await Switchyard.start({ PUBLIC_URL: `http://127.0.0.1:${port}` });
    proxy = await startAuthorizingProxy(port, switchyard.url, switchyard.createKey('demo', 'runs,tools'));
  }, 120_000);
  afterAll(async () => {
    await proxy.close();
    await switchyard.remove();
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  /** Runs every server scenario that there is for a version; the suite itself compares with the baseline. */
  async function run(version: string, expected: readonly string[]): Promise<{ code: number | null; output: string }> {
    const baseline = path.join(scratch, `${version}.yml`);
    fs.writeFileSync(baseline, JSON.stringify({ server: expected })); // JSON is YAML
    const program = installed('@modelcontextprotocol/conformance/dist/index.js');
    const what = ['--suite', 'all', '--spec-version', version, '--expected-failures', baseline];
    const child = spawn(
      process.execPath,
      [program, 'server', '--url', `${proxy.url}/mcp`, ...what, '--output-dir', path.join(scratch, version)],
      { cwd: scratch, env: { PATH: process.env['PATH'], HOME: scratch }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output };
  }

  /** Each check of a finished run, as `scenario:check`. */
  const checks = (version: string): (Check & { readonly name: string })[] =>
    fs.readdirSync(path.join(scratch, version)).flatMap((folder) => {
      const scenario = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT[\dA-Z-]+$/, '');
      const found = JSON.parse(fs.readFileSync(path.join(scratch, version, folder, 'checks.json'), 'utf8')) as Check[];
      return found.map((check) => ({ ...check, name: `${scenario}:${check.id}` }));
    });

  it.each(Object.entries(BASELINE))(
    '%s fails nothing but what is expected, and all of that',
    async (version, reasons) => {
      const expected = Object.values(reasons).flat();
      const { code, output } = await run(version, expected);
      const all = checks(version);
      const of = (status: Check['status']) => all.filter((check) => check.status === status);
      console.log(
        `${version}: ${of('SUCCESS').length} checks passed, ${of('FAILURE').length} failed as expected, ${of('WARNING').length} warnings`,
      );
      const failed = Object.fromEntries(
        [...of('FAILURE'), ...of('WARNING')].map((check) => [check.name, check.errorMessage]),
      );
      expect(
        Object.keys(failed)
          .filter((name) => !expected.includes(name))
          .map((name) => [name, failed[name]]),
      ).toEqual([]);
      expect(expected.filter((name) => !(name in failed))).toEqual([]); // passes by now, or is no longer checked
      expect({ code, summary: output.slice(output.indexOf('=== SUMMARY')) }).toEqual({
        code: 0,
        summary: expect.any(String),
      });
      expect(of('SUCCESS').length).toBeGreaterThan(20);
    },
    120_000,
  );

  it('every expected failure has its reason, once, in both versions of the specification', () => {
    expect(Object.keys(BASELINE)).toEqual(['2026-07-28', '2025-11-25']);
    for (const reasons of Object.values(BASELINE)) {
      const expected = Object.values(reasons).flat();
      expect(new Set(expected).size).toBe(expected.length);
      for (const reason of Object.keys(reasons)) expect(reason).toMatch(/^\w.{20,}\.$/);
    }
  });
});
