import type { PatternRule } from './pattern-rules.ts';

const USE_SERVERS =
  "Import from 'servers/<server>', 'servers/<server>/<tool>', 'skills/<skill>' or, to look round, from 'servers'.";

/** Why an import or export is refused. Messages name the specifier; `%` stands for it. */
export const IMPORT_RULES = {
  'child-process': {
    message: "'%' starts programs.",
    hint: 'Programs cannot be started. Is there a tool that does it?',
  },
  'node-module': { message: "'%' is a module of Node.", hint: `Nothing of the host can be reached. ${USE_SERVERS}` },
  'remote-module': { message: "'%' is on the network.", hint: `Code is not loaded from the network. ${USE_SERVERS}` },
  'file-module': { message: "'%' is a file of the host.", hint: `Files of the host cannot be read. ${USE_SERVERS}` },
  'data-module': {
    message: "'%' carries code inside its address.",
    hint: 'Write the code here, as part of the module.',
  },
  package: { message: "'%' is a package.", hint: `Packages are not available. ${USE_SERVERS}` },
  'other-path': { message: "There is no '%'.", hint: USE_SERVERS },
  'import-attributes': { message: 'Import attributes are not accepted.', hint: 'Leave out with { … }.' },
  'import-phase': { message: 'Deferred and source imports are not accepted.', hint: 'Use a plain import.' },
  're-export': {
    message: 'Exporting from another module is not possible.',
    hint: 'Import it, use it, and return the result.',
  },
  'unknown-server': { message: "There is no server '%' that you may use.", hint: '' },
  'unknown-function': { message: "'%' does not exist, or you may not use it.", hint: '' },
  'unknown-skill': { message: "There is no skill '%' that you may use.", hint: '' },
} as const satisfies Record<string, PatternRule>;
export type ImportCode = keyof typeof IMPORT_RULES;

const NODE_MODULES = new Set(
  `assert async_hooks buffer cluster console constants crypto dgram diagnostics_channel dns domain events fs http http2 https
inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder sys timers tls
trace_events tty url util v8 vm wasi worker_threads zlib`.split(/\s+/),
);

/** The reason against a specifier that is none of ours. */
export function refusedSpecifier(specifier: string): ImportCode {
  const bare = specifier.replace(/^node:/i, '').split('/')[0] ?? '';
  if (/^(node:)?child_process$/i.test(specifier)) return 'child-process';
  if (/^node:/i.test(specifier) || NODE_MODULES.has(bare)) return 'node-module';
  if (/^(https?|wss?|ftp):/i.test(specifier)) return 'remote-module';
  if (/^(data|blob|javascript):/i.test(specifier)) return 'data-module';
  if (/^file:/i.test(specifier) || specifier.startsWith('/')) return 'file-module';
  if (/^\.{1,2}(\/|$)/.test(specifier) || /^(servers|skills)(\/|$)/.test(specifier)) return 'other-path';
  return 'package';
}
