import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_LIMITS } from '../limits.ts';
import { Escaped, writeEscape } from '../testing/escaped.ts';
import { BOOT_FILE, denoBinary } from './deno-binary.ts';
import { detectWall, standWall } from './wall.ts';

jest.setTimeout(60_000);

describe('the wall', () => {
  it('is told layer by layer, and says what is missing', async () => {
    const report = await detectWall({ searchPath: [] });
    expect(report.layers.filter(({ standing }) => standing).map(({ name }) => name)).toEqual(['process']);
    for (const { standing, detail } of report.layers)
      if (!standing) expect(detail).toMatch(/missing|not found|was found|does not run|needs root/);
    const best = await detectWall();
    expect(best.layers.map(({ name }) => name)).toEqual(report.layers.map(({ name }) => name));
  });

  const escape = writeEscape();
  afterAll(() => escape.remove());
  /** Machines that have all, no Perl, no bubblewrap, only setpriv. */
  it.each([
    ['all that this machine has', ['prlimit', 'setpriv', 'unshare', 'bwrap', 'sh', 'perl']],
    ['no perl', ['prlimit', 'setpriv', 'unshare', 'bwrap', 'sh']],
    ['no bubblewrap', ['prlimit', 'setpriv', 'unshare', 'sh']],
    ['only setpriv', ['setpriv']],
  ])('of %s holds what it says against a Deno that was given every permission', async (_what, names) => {
    const tools = mkdtempSync(path.join(tmpdir(), 'tools-'));
    for (const name of names) {
      const found = ['/usr/bin', '/bin'].map((folder) => path.join(folder, name)).find((file) => existsSync(file));
      if (found) symlinkSync(found, path.join(tools, name));
    }
    const wall = await standWall({ searchPath: [tools], files: { deno: denoBinary(), boot: escape.boot } });
    const stands = new Set(wall.report.layers.filter((layer) => layer.standing).map(({ name }) => name));
    const subject = await Escaped.start(wall.launch({ memoryBytes: DEFAULT_LIMITS.memoryBytes, cpuSeconds: 60 }));
    if (stands.has('filesystem')) {
      expect(await subject.does('Deno.readTextFileSync("/etc/passwd").length')).toBe('refused');
      expect(await subject.does('new Deno.Command("/bin/sh", { args: ["-c", "x"] }).outputSync().code')).toBe(
        'refused',
      );
    }
    if (stands.has('rlimits') || stands.has('filesystem'))
      expect(await subject.does(`Deno.writeTextFileSync("/tmp/escaped-${process.pid}", "x")`)).toBe('refused');
    if (stands.has('namespaces'))
      expect([0, 'refused']).toContain(
        await subject.does('Deno.networkInterfaces().filter((each) => each.name !== "lo").length'),
      );
    if (stands.has('own-user')) expect(Number(await subject.does('Deno.uid()'))).toBeGreaterThanOrEqual(60_600);
    if (stands.has('system-calls')) expect(await subject.does('Deno.listen({ port: 0 }).addr.port')).toBe('refused');
    expect(stands.size).toBeGreaterThan(1);
    await subject.kill();
    await wall.close();
    rmSync(tools, { recursive: true });
  });

  it('caps with ulimit where prlimit is missing', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tools-'));
    symlinkSync('/bin/sh', path.join(folder, 'sh'));
    const { layers } = await detectWall({ searchPath: [folder] });
    rmSync(folder, { recursive: true });
    expect(layers.find(({ name }) => name === 'rlimits')).toMatchObject({
      standing: true,
      detail: expect.stringMatching(/^ulimit/),
    });
  });

  const asRoot = process.getuid?.() === 0 && existsSync('/usr/bin/setpriv') ? it : it.skip;
  asRoot('copies Deno to where the sandbox may read it, when its own user cannot reach the original', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'private-')); // 0700, as a checkout in root's home is
    const tools = path.join(folder, 'tools');
    mkdirSync(tools);
    symlinkSync('/usr/bin/setpriv', path.join(tools, 'setpriv'));
    copyFileSync(denoBinary(), path.join(folder, 'deno'));
    chmodSync(path.join(folder, 'deno'), 0o755);
    copyFileSync(BOOT_FILE, path.join(folder, 'boot.js'));
    const stagingDir = mkdtempSync(path.join(tmpdir(), 'staging-'));
    chmodSync(stagingDir, 0o755);
    const options = {
      searchPath: [tools],
      files: { deno: path.join(folder, 'deno'), boot: path.join(folder, 'boot.js') },
    };
    const ownUser = async (more: object) =>
      (await detectWall({ ...options, ...more })).layers.find(({ name }) => name === 'own-user')?.standing;
    expect([await ownUser({}), await ownUser({ stagingDir })]).toEqual([false, true]);
    rmSync(folder, { recursive: true });
    rmSync(stagingDir, { recursive: true });
  });
});
