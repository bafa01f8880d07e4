import {
  createRequestStateCodec,
  inputRequired,
  McpServer,
  type CacheHint,
  type CallToolResult,
  type ToolAnnotations,
} from '@modelcontextprotocol/server';
import type { Ctx } from '@switchyard/kernel';
import { requirePermission } from '@switchyard/identity';
import { z } from 'zod';
import { DETAIL_LEVELS } from '../discovery/contract.ts';
import { toAnswer } from '../runs/answer.ts';
import { waitForEnd } from '../runs/execute-and-wait.ts';
import { ExecutionAnswer, MAX_CODE_BYTES } from '../runs/contract.ts';
import type { Services } from '../services.ts';
import { askPeople, laterOf, STATE_SECONDS, waitingRun, type WaitingRun } from './approvals.ts';
import { listed } from './listed-schema.ts';

const INSTRUCTIONS = `Do multi-step work in one execute_code call instead of many tool calls. First search_tools, then describe_tools for the types, then write TypeScript:
import { searchProducts } from 'servers/search';
const { results } = await searchProducts({ query: 'pump', limit: 100 });
return results.filter((r) => r.stock > 0).slice(0, 10);
Only what you return or log comes back, so filter and aggregate in code. Promise.all runs calls side by side.`;

const SearchInput = listed(
  z.object({
    query: z.string().max(1_000).describe('the task in plain words; empty lists all'),
    detail_level: z.enum(DETAIL_LEVELS).default('with_description'),
    limit: z.number().int().min(1).max(100).default(10),
  }),
);
const DescribeInput = listed(
  z.object({
    names: z
      .array(z.string())
      .min(1)
      .max(50)
      .describe('as search_tools gave them: "search.searchProducts", or "search" for all of a server'),
  }),
);
const ExecuteInput = listed(
  z.object({
    code: z.string().min(1).max(MAX_CODE_BYTES).describe('a module; `return` or `export default` the result'),
    conversation: z.string().max(200).optional().describe('groups runs'),
  }),
);
/** What waits is told in words too: its fields need not cost every client tokens. */
const ExecuteOutput = listed(ExecutionAnswer.extend({ approvals: z.array(z.looseObject({})).optional() }), {
  brief: true,
});
const NoInput = listed(z.object({}));
const SaveSkillInput = listed(
  z.object({
    name: z.string().max(64),
    description: z.string().max(2_000),
    code: z.string().max(MAX_CODE_BYTES).describe('export async function <name>(input: {…}): Promise<…> {…}'),
  }),
);

const READ_ONLY: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };
const ADDS: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
/** Code may call whatever the caller is granted, so the worst is said. */
const ANYTHING: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};

/** The tools and the instructions are the same for every caller and change with the version alone. */
const CACHE: CacheHint = { ttlMs: 300_000, cacheScope: 'private' };

const text = (body: string): CallToolResult => ({ content: [{ type: 'text', text: body }] });

/** The server of one request, for one caller: what it lists and does is bound to `ctx`. */
export function createMcpServer(services: Services, ctx: Ctx): McpServer {
  // Handed back by the client: it opens for the same caller and for nobody else.
  const state = createRequestStateCodec<WaitingRun>({
    key: services.mcpStateKey,
    ttlSeconds: STATE_SECONDS,
    bind: (mcp) => [mcp.mcpReq.method, ctx.tenantId, ctx.principal.kind, ctx.principal.id].join('\n'),
  });
  const server = new McpServer(
    { name: 'switchyard', title: 'Switchyard', version: services.version },
    {
      instructions: INSTRUCTIONS,
      capabilities: { tools: { listChanged: false } },
      cacheHints: { 'tools/list': CACHE, 'server/discover': CACHE },
      requestState: { verify: state.verify },
    },
  );

  /** A refusal is the tool's answer, so that the model can act on it. A bug is told opaquely: the SDK would tell its text. */
  async function answering<Result>(work: () => Promise<Result>): Promise<Result | CallToolResult> {
    try {
      return await work();
    } catch (error) {
      const { code, message } = services.errorBody(error, ctx.traceId).error;
      return { ...text(`${code}: ${message}`), isError: true };
    }
  }

  server.registerTool(
    'search_tools',
    {
      title: 'Search tools',
      description: 'Finds the functions that code may call, best match first.',
      inputSchema: SearchInput,
      annotations: READ_ONLY,
    },
    ({ query, detail_level: detailLevel, limit }) =>
      answering(async () => {
        requirePermission(ctx, 'tools.read');
        return text(await services.discovery.searchText(ctx, { query, detailLevel, limit }));
      }),
  );

  server.registerTool(
    'describe_tools',
    {
      title: 'Describe tools',
      description: 'TypeScript declarations of functions, to write code against.',
      inputSchema: DescribeInput,
      annotations: READ_ONLY,
    },
    ({ names }) =>
      answering(async () => {
        requirePermission(ctx, 'tools.read');
        return text(await services.discovery.describeText(ctx, names));
      }),
  );

  server.registerTool(
    'execute_code',
    {
      title: 'Execute code',
      description:
        'Runs TypeScript in a sandbox without network or files. Functions are imported from "servers/<server>". Only what is returned or logged comes back: filter and aggregate in code.',
      inputSchema: ExecuteInput,
      outputSchema: ExecuteOutput,
      annotations: ANYTHING,
    },
    ({ code, conversation }, mcp) =>
      answering(async () => {
        requirePermission(ctx, 'runs.execute');
        const signal = AbortSignal.any([ctx.signal, mcp.mcpReq.signal]);
        const runCtx: Ctx = { ...ctx, signal, ...(conversation ? { conversation } : {}) };
        const asksAgain = mcp.mcpReq.requestState<WaitingRun>();
        const waiting = asksAgain ? await waitingRun(services, runCtx, asksAgain.run) : undefined;
        const began = waiting ?? (await services.runs.execute(runCtx, { code }));
        const waitMs = waiting ? services.approvalWaitMs : 0;
        const answer = await waitForEnd(services.runs, runCtx, { answer: began, waitMs });
        if (answer.status === 'awaiting_approval' && mcp.mcpReq.envelope) {
          const requestState = await state.mint({ run: answer.id }, mcp);
          return inputRequired({ requestState, ...askPeople(services.publicUrl, answer, mcp.mcpReq.envelope) });
        }
        const told = toAnswer(answer);
        const isError = told.status !== 'done' && told.status !== 'awaiting_approval';
        const later = told.status === 'awaiting_approval' ? `\n${laterOf(told.id)}` : '';
        return { ...text(JSON.stringify(told) + later), structuredContent: told, isError };
      }),
  );

  server.registerTool(
    'list_skills',
    {
      title: 'List skills',
      description: 'Saved functions: import { x } from "skills/x".',
      inputSchema: NoInput,
      annotations: READ_ONLY,
    },
    () =>
      answering(async () => {
        requirePermission(ctx, 'skills.read');
        return text(await services.discovery.skillsText(ctx));
      }),
  );

  server.registerTool(
    'save_skill',
    {
      title: 'Save a skill',
      description: 'Keeps a typed function for later runs. A draft of your own until a person promotes it.',
      inputSchema: SaveSkillInput,
      annotations: ADDS,
    },
    (wanted) =>
      answering(async () => {
        requirePermission(ctx, 'skills.write');
        const { skill, version } = await services.skills.save(ctx, wanted);
        const who =
          skill.promotedVersion === null ? 'Yours to import' : `Version ${skill.promotedVersion} stays the one in use`;
        return text(
          `Saved ${skill.name} as version ${version.version}. ${who} until a person promotes it.\n${version.declaration}`,
        );
      }),
  );

  return server;
}
