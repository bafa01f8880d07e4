import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Catalogue {
  readonly name: string;
  readonly tools: readonly { readonly name: string }[];
}

/** Lists of tools of published servers, where whoever measures has them. */
const PUBLISHED = fileURLToPath(new URL('../../../shared/data/catalogues/', import.meta.url));

const SERVERS = ['crm', 'billing', 'tickets', 'calendar', 'wiki', 'deploys', 'storage', 'payroll'];
const THINGS = ['account', 'contact', 'invoice', 'ticket', 'event', 'page', 'release', 'folder', 'payment', 'employee'];
const VERBS = ['list', 'get', 'create', 'update', 'archive', 'search', 'export', 'assign', 'comment_on', 'restore'];

const text = (description: string) => ({ type: 'string', description });

/** As long as published ones are on average: a sentence, four parameters, a word to each. */
const madeUpTool = (server: string, verb: string, thing: string) => ({
  name: `${verb}_${thing}`,
  description: `${verb.replace('_', ' ')} the ${thing}s of ${server}. Gives the ${thing} as it stands afterwards, or an error that says what to mend.`,
  inputSchema: {
    type: 'object',
    properties: {
      id: text(`the ${thing}'s id as ${server} gave it`),
      fields: {
        type: 'array',
        items: { type: 'string' },
        description: `which fields of the ${thing} to give; all unless named`,
      },
      status: { type: 'string', enum: ['open', 'closed', 'archived'], description: `only ${thing}s in this state` },
      limit: { type: 'integer', minimum: 1, maximum: 100, description: 'how many at most' },
    },
    required: verb === 'list' || verb === 'search' ? [] : ['id'],
  },
  annotations: { readOnlyHint: ['list', 'get', 'search', 'export'].includes(verb) },
});

function madeUp(): Catalogue[] {
  return SERVERS.map((name) => ({
    name,
    tools: VERBS.flatMap((verb) => THINGS.map((thing) => madeUpTool(name, verb, thing))),
  }));
}

/** Those of published servers, or made-up ones; `source` says which, for the report. */
export function loadCatalogues(): { readonly source: string; readonly catalogues: readonly Catalogue[] } {
  if (!fs.existsSync(PUBLISHED)) return { source: 'made up for this bench', catalogues: madeUp() };
  const catalogues = fs
    .readdirSync(PUBLISHED)
    .sort()
    .map((file) => ({
      name: file.split('.')[0] ?? file,
      tools: (JSON.parse(fs.readFileSync(path.join(PUBLISHED, file), 'utf8')) as Pick<Catalogue, 'tools'>).tools,
    }));
  return { source: 'lists of published servers', catalogues };
}
