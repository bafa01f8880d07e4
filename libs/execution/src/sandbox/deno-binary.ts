import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@switchyard/kernel';

/** The bootstrap of the sandbox: plain JavaScript beside `src` and `dist`, found from either. */
export const BOOT_FILE = fileURLToPath(new URL('../../deno/boot.js', import.meta.url));

const platforms = (): string[] => {
  const { platform, arch } = process;
  return platform === 'linux' ? [`linux-${arch}-glibc`] : [`${platform}-${arch}`];
};

/** The native binary inside the package for this platform, not the `deno` package's JavaScript shim. */
export function denoBinary(): string {
  const resolve = createRequire(createRequire(import.meta.url).resolve('deno/package.json'));
  for (const platform of platforms()) {
    try {
      const folder = path.dirname(resolve.resolve(`@deno/${platform}/package.json`));
      const binary = path.join(folder, process.platform === 'win32' ? 'deno.exe' : 'deno');
      if (existsSync(binary)) return binary;
    } catch {
      // not installed for this platform: the next, or the error below
    }
  }
  throw new AppError(
    'unavailable',
    'Deno is not installed for this platform. Run npm ci again, without --omit=optional.',
  );
}

/** The version that the package says; a sandbox says it too when it is ready. */
export function denoVersion(): string {
  const file = createRequire(import.meta.url).resolve('deno/package.json');
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return manifest !== null && typeof manifest === 'object' && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}

/**
 * No permission of any kind, nothing remote, nothing cached, no code from text. `--no-remote` and `--no-npm` matter as
 * much as the permissions: import() of an address is not covered by --deny-net.
 */
export const denoFlags = (heapMiB: number): string[] => [
  'run',
  '--quiet',
  '--no-prompt',
  '--no-remote',
  '--no-npm',
  '--cached-only',
  '--no-config',
  '--no-lock',
  '--no-code-cache',
  '--deny-import',
  `--v8-flags=--disallow-code-generation-from-strings,--max-old-space-size=${heapMiB},--min-semi-space-size=16,--max-semi-space-size=32,--stack-size=900`,
];

/** The whole environment of a sandbox. DENO_DIR points nowhere: what is cached there would be seen by the next process. */
export const DENO_ENV: Readonly<Record<string, string>> = {
  DENO_DIR: '/dev/null/x',
  DENO_NO_UPDATE_CHECK: '1',
  NO_COLOR: '1',
};
