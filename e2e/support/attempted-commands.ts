import { priceOf, type Planted } from './planted.ts';

interface CommandAttempt {
  /** `code` is a file that calls a tool of theirs. */
  readonly args: (of: Planted, code: string) => string[];
  /** globex, unless told. */
  readonly tenant?: string;
  readonly refused?: boolean;
}

/** Every command of the command line; `host` is one of the installation as a whole, which takes no tenant. */
export const COMMANDS: Readonly<Record<string, CommandAttempt | 'host'>> = {
  up: 'host',
  doctor: 'host',
  'db url': 'host',
  'tenant create': 'host',
  'tenant list': 'host',
  'vault rotate-key-file': 'host',
  roi: 'host',
  'key create': { args: () => ['--name', 'by command', '--scopes', 'runs'] },
  'key list': { args: () => [] },
  'key revoke': { args: ({ keyId }) => [keyId], refused: true },
  'connection add': { args: () => ['--name', 'by_command', '--url', 'http://127.0.0.1:9/mcp'] },
  'connection list': { args: () => [] },
  'connection check': { args: ({ mark }) => [mark], refused: true },
  'connection remove': { args: ({ mark }) => [mark], refused: true },
  'grant set': { args: () => ['--role', 'analyst', '--tool', 'search.*', '--effect', 'deny'] },
  'grant list': { args: () => [] },
  'flag set': { args: () => ['MCP_PROGRESSIVE_DISCLOSURE', 'on'] },
  'flag list': { args: () => [] },
  'rollout start': { args: () => ['--template', 'cautious'], tenant: 'initech' },
  'rollout show': { args: () => [] },
  'rollout hold': { args: () => [], refused: true },
  'rollout resume': { args: () => [], refused: true },
  'rollout roll-back': { args: () => [], refused: true },
  'rollout restart': { args: () => [], refused: true },
  'rollout approve': { args: () => [], refused: true },
  'rollout close': { args: () => [], refused: true },
  'rollout kill': { args: () => [] },
  'audit verify': { args: () => [] },
  'audit export': { args: () => [] },
  'review list': { args: () => [] },
  'review blocks': { args: () => [] },
  'review lift': { args: ({ block }) => [block], refused: true },
  'audit status': { args: () => [] },
  'audit checkpoint': { args: () => [] },
  'audit public-keys': 'host',
  'audit retention': { args: () => ['--days', '400'] },
  'audit stream': { args: () => ['--url', 'http://127.0.0.1:9/audit', '--from', 'now'] },
  'rollout set': { args: () => ['--percent', '12.5'], tenant: 'initech' },
  'rollout release': { args: () => [] },
  'vault rotate-data-key': { args: () => [] },
  'budget show': { args: () => [] },
  'budget set': { args: () => ['--pilot', '400'] },
  'limits show': { args: () => [] },
  'limits set': { args: () => ['--requests-per-minute', '50000'] },
  'price list': { args: () => [] },
  'price add': { args: () => priceOf('by-command') },
  'price accept': { args: ({ price }) => [price], refused: true },
  'price reject': { args: ({ price }) => [price], refused: true },
  'price recompute': { args: () => ['--from', '2026-01-01', '--to', '2026-02-01'] },
  // Of a tenant without products: its every answer is that there are none.
  compare: { args: () => ['--suite', 'catalogue', '--json'] },
  'skill list': { args: () => [] },
  'skill show': { args: ({ mark }) => [mark], refused: true },
  'skill save': { args: (_of, code) => ['stolen', '--description', 'theirs', '--file', code], refused: true },
  'skill promote': { args: ({ mark }) => [mark, '1'], refused: true },
  'skill retire': { args: ({ mark }) => [mark], refused: true },
  'skill export': { args: ({ mark }) => [mark], refused: true },
  'skill import': { args: (_of, code) => [code], refused: true },
  'tools search': { args: ({ mark }) => [mark] },
  run: { args: (_of, code) => [code], tenant: 'initech', refused: true },
};
