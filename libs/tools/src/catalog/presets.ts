import { AppError } from '@switchyard/kernel';
import type { StdioCommand } from '../upstream/target.ts';
import { SHOP_PRESETS } from './shop-presets.ts';

export interface PresetField {
  readonly name: string;
  readonly label: string;
  /** A secret goes to the vault under the field's name, never into the connection. */
  readonly kind: 'secret' | 'text' | 'url';
  readonly help: string;
  readonly optional?: true;
}

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Where its publisher describes it. */
  readonly docs: string;
  readonly fields: readonly PresetField[];
  /** `{{field}}` stands for a field's value. */
  readonly connect:
    | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
    | { readonly kind: 'stdio'; readonly command: StdioCommand }
    /** One of the product's own servers, which takes the secrets from the vault by these names. */
    | {
        readonly kind: 'builtin';
        readonly server: string;
        readonly settings: Readonly<Record<string, string>>;
        readonly secrets: Readonly<Record<string, string>>;
      };
}

const npx = (
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Preset['connect'] => ({
  kind: 'stdio',
  command: { command: 'npx', args: ['-y', name, ...args], env },
});

const bearer = { Authorization: 'Bearer {{token}}' } as const;

/** Hosted servers that take a fixed credential, and npm servers at versions that were seen to work. */
export const PRESETS: readonly Preset[] = [
  ...SHOP_PRESETS,
  {
    id: 'github',
    title: 'GitHub',
    description: 'Repositories, issues, pull requests and code search, through GitHub’s own hosted server.',
    docs: 'https://github.com/github/github-mcp-server',
    fields: [
      {
        name: 'token',
        label: 'Personal access token',
        kind: 'secret',
        help: 'Fine-grained, with only the repositories and rights that the tools need.',
      },
    ],
    connect: { kind: 'http', url: 'https://api.githubcopilot.com/mcp/', headers: bearer },
  },
  {
    id: 'supabase',
    title: 'Supabase',
    description: 'Tables, SQL, migrations and logs of one Supabase project, read-only, through its hosted server.',
    docs: 'https://supabase.com/docs/guides/getting-started/mcp',
    fields: [
      {
        name: 'token',
        label: 'Personal access token',
        kind: 'secret',
        help: 'From the account’s page “Access tokens”.',
      },
      { name: 'project', label: 'Project reference', kind: 'text', help: 'The project’s ID in its general settings.' },
    ],
    connect: {
      kind: 'http',
      url: 'https://mcp.supabase.com/mcp?read_only=true&project_ref={{project}}',
      headers: bearer,
    },
  },
  {
    id: 'stripe',
    title: 'Stripe',
    description: 'Customers, invoices, subscriptions and payments, through Stripe’s hosted server.',
    docs: 'https://docs.stripe.com/mcp',
    fields: [
      {
        name: 'token',
        label: 'Restricted API key',
        kind: 'secret',
        help: 'Begins with rk_; give it only the rights that the tools need.',
      },
    ],
    connect: { kind: 'http', url: 'https://mcp.stripe.com', headers: bearer },
  },
  {
    id: 'linear',
    title: 'Linear',
    description: 'Issues, projects and comments, through Linear’s hosted server.',
    docs: 'https://linear.app/docs/mcp',
    fields: [
      { name: 'token', label: 'API key', kind: 'secret', help: 'From Settings, Security & access, Personal API keys.' },
    ],
    connect: { kind: 'http', url: 'https://mcp.linear.app/mcp', headers: bearer },
  },
  {
    id: 'huggingface',
    title: 'Hugging Face',
    description: 'Models, datasets, papers and Spaces, through its hosted server.',
    docs: 'https://huggingface.co/settings/mcp',
    fields: [{ name: 'token', label: 'Access token', kind: 'secret', help: 'A read token is enough.' }],
    connect: { kind: 'http', url: 'https://huggingface.co/mcp', headers: bearer },
  },
  {
    id: 'http',
    title: 'Any MCP server over HTTP',
    description: 'A server that speaks streamable HTTP, with a bearer token.',
    docs: 'https://modelcontextprotocol.io',
    fields: [
      { name: 'url', label: 'URL', kind: 'url', help: 'The one MCP endpoint, such as https://tools.example.com/mcp.' },
      { name: 'token', label: 'Bearer token', kind: 'secret', help: 'Sent as Authorization: Bearer …' },
    ],
    connect: { kind: 'http', url: '{{url}}', headers: bearer },
  },
  {
    id: 'http-open',
    title: 'Any MCP server over HTTP, without a credential',
    description: 'A server that speaks streamable HTTP and asks for nothing.',
    docs: 'https://modelcontextprotocol.io',
    fields: [
      { name: 'url', label: 'URL', kind: 'url', help: 'The one MCP endpoint, such as https://tools.example.com/mcp.' },
    ],
    connect: { kind: 'http', url: '{{url}}', headers: {} },
  },
  {
    id: 'filesystem',
    title: 'Files of the host',
    description: 'Reads and writes files below one folder of the machine that Switchyard runs on.',
    docs: 'https://www.npmjs.com/package/@modelcontextprotocol/server-filesystem',
    fields: [
      {
        name: 'folder',
        label: 'Folder',
        kind: 'text',
        help: 'An absolute path that the connection’s own user may read.',
      },
    ],
    connect: npx('@modelcontextprotocol/server-filesystem@2026.8.31', ['{{folder}}']),
  },
  {
    id: 'memory',
    title: 'Knowledge graph',
    description: 'Entities, relations and observations kept in a file of the connection.',
    docs: 'https://www.npmjs.com/package/@modelcontextprotocol/server-memory',
    fields: [],
    connect: npx('@modelcontextprotocol/server-memory@2026.8.31'),
  },
  {
    id: 'postgres',
    title: 'PostgreSQL',
    description: 'Schema, queries and administration of a PostgreSQL database.',
    docs: 'https://www.npmjs.com/package/@henkey/postgres-mcp-server',
    fields: [
      {
        name: 'connection',
        label: 'Connection string',
        kind: 'secret',
        help: 'postgresql://… of a role that may do only what the tools should.',
      },
    ],
    connect: npx('@henkey/postgres-mcp-server@1.0.7', [], { POSTGRES_CONNECTION_STRING: '{{connection}}' }),
  },
  {
    id: 'slack',
    title: 'Slack',
    description: 'Channels, messages, threads and users of one workspace.',
    docs: 'https://www.npmjs.com/package/@zencoderai/slack-mcp-server',
    fields: [
      { name: 'token', label: 'Bot token', kind: 'secret', help: 'Begins with xoxb-.' },
      { name: 'team', label: 'Workspace ID', kind: 'text', help: 'Begins with T.' },
    ],
    connect: npx('@zencoderai/slack-mcp-server@0.0.1', [], { SLACK_BOT_TOKEN: '{{token}}', SLACK_TEAM_ID: '{{team}}' }),
  },
  {
    id: 'notion',
    title: 'Notion',
    description: 'Pages, databases, blocks and comments, through Notion’s API.',
    docs: 'https://www.npmjs.com/package/@notionhq/notion-mcp-server',
    fields: [
      {
        name: 'token',
        label: 'Integration secret',
        kind: 'secret',
        help: 'Of an internal integration that the pages are shared with.',
      },
    ],
    connect: npx('@notionhq/notion-mcp-server@2.5.2', [], { NOTION_TOKEN: '{{token}}' }),
  },
  {
    id: 'google-drive',
    title: 'Google Drive',
    description: 'Drive, Docs, Sheets, Slides and Calendar. Sign in once on the host before use.',
    docs: 'https://www.npmjs.com/package/@piotr-agier/google-drive-mcp',
    fields: [
      {
        name: 'credentials',
        label: 'OAuth client file',
        kind: 'text',
        help: 'Path on the host of the client’s JSON, readable by the connection’s user.',
      },
      {
        name: 'tokens',
        label: 'Token file',
        kind: 'text',
        help: 'Path on the host where the sign-in left its tokens.',
      },
    ],
    connect: npx('@piotr-agier/google-drive-mcp@2.10.0', [], {
      GOOGLE_DRIVE_OAUTH_CREDENTIALS: '{{credentials}}',
      GOOGLE_DRIVE_MCP_TOKEN_PATH: '{{tokens}}',
    }),
  },
  {
    id: 'gitlab',
    title: 'GitLab',
    description: 'Projects, merge requests, issues and pipelines of gitlab.com or an own GitLab.',
    docs: 'https://www.npmjs.com/package/@zereight/mcp-gitlab',
    fields: [
      { name: 'token', label: 'Personal access token', kind: 'secret', help: 'With scope api, or read_api.' },
      { name: 'api', label: 'API URL', kind: 'url', help: 'https://gitlab.com/api/v4, or that of your own GitLab.' },
    ],
    connect: npx('@zereight/mcp-gitlab@2.1.64', [], {
      GITLAB_PERSONAL_ACCESS_TOKEN: '{{token}}',
      GITLAB_API_URL: '{{api}}',
    }),
  },
  {
    id: 'playwright',
    title: 'Browser (Playwright)',
    description: 'Drives a headless browser on the host. It reaches whatever the host reaches.',
    docs: 'https://www.npmjs.com/package/@playwright/mcp',
    fields: [],
    connect: npx('@playwright/mcp@0.0.83', ['--headless', '--isolated']),
  },
];

export const findPreset = (id: string): Preset | undefined => PRESETS.find((preset) => preset.id === id);

/**
 * The preset with its open answers filled in; placeholders of secrets stay. Throws AppError `unprocessable` with the
 * path of a field that is missing, unknown, or a secret, which belongs into the vault.
 */
export function instantiate(preset: Preset, answers: Readonly<Record<string, string>>): Preset['connect'] {
  for (const name of Object.keys(answers)) {
    const field = preset.fields.find((one) => one.name === name);
    if (!field) throw unacceptable(name, `The preset ${preset.title} has no field "${name}".`);
    if (field.kind === 'secret')
      throw unacceptable(name, `"${name}" is a secret: store it as a credential of the connection.`);
  }
  const open = preset.fields.filter((field) => field.kind !== 'secret');
  const fill = (template: string, encode: boolean): string => {
    let text = template;
    for (const field of open) {
      const placeholder = `{{${field.name}}}`;
      if (!text.includes(placeholder)) continue;
      const value = answers[field.name]?.trim() ?? '';
      if (value === '' && !field.optional) throw unacceptable(field.name, `${field.label} is missing: ${field.help}`);
      // A value becomes one part of a URL, or the whole of it; never more than its place.
      text = text.replaceAll(placeholder, () => (encode && text !== placeholder ? encodeURIComponent(value) : value));
    }
    return text;
  };
  const fillAll = (map: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(map).map(([key, template]) => [key, fill(template, false)]));
  if (preset.connect.kind === 'http')
    return { kind: 'http', url: fill(preset.connect.url, true), headers: fillAll(preset.connect.headers) };
  if (preset.connect.kind === 'builtin') {
    const { server, settings, secrets } = preset.connect;
    return { kind: 'builtin', server, settings: fillAll(settings), secrets };
  }
  const { command, args, env } = preset.connect.command;
  return { kind: 'stdio', command: { command, args: args.map((arg) => fill(arg, false)), env: fillAll(env) } };
}

const unacceptable = (field: string, message: string): AppError =>
  new AppError('unprocessable', message, { path: `fields.${field}` });
