import {
  AppError,
  systemClock,
  type ConnectionId,
  type Ctx,
  type Json,
  type RunId,
  type ToolId,
} from '@switchyard/kernel';
import type { Database } from '@switchyard/database';
import type { Decision } from '@switchyard/policy';
import type { Shield } from '@switchyard/privacy';
import type { Gateway, GatewayCall, ToolDescriptor } from '@switchyard/tools';
import type { ExecutedRun } from '../arms/code-calls.ts';
import { createChat, type Chat, type ChatOptions } from '../chat.ts';
import type { Assignment, ChatFlags, Observation } from '../experiment.ts';
import { createEndpoints } from '../model/endpoint.ts';

const tool = (server: string, name: string): ToolDescriptor => ({
  id: name as ToolId,
  connectionId: server as ConnectionId,
  server,
  name,
  upstreamName: name,
  path: `servers/${server}/${name}.ts`,
  description: `${name} of ${server}`,
  category: server,
  inputSchema: { type: 'object', properties: { sku: { type: 'string' } } },
  annotations: { readOnlyHint: true },
  definitionHash: name,
  declaration: `export declare function ${name}(input: { sku?: string }): Promise<{ stock: number }>;`,
});

export interface ChatWorld {
  readonly chat: Chat;
  readonly observed: Observation[];
  readonly complaints: string[];
  readonly recorded: Parameters<ChatOptions['recordModelCall']>[1][];
  readonly executed: { code: string; arm: string | undefined; conversation: string | undefined }[];
  readonly called: { address: string; args: unknown; surface: string; arm: string | undefined }[];
  readonly secrets: Map<string, string>;
  assignment: Assignment;
  flags: ChatFlags;
  kill: AbortController;
  shield: Shield | undefined;
  /** What the sandbox does with code. */
  run: (ctx: Ctx, code: string) => Promise<Partial<ExecutedRun>>;
  answer: (name: string) => GatewayCall<Decision>;
}

/** Chat on a real database and a real (fake) endpoint; tools and sandbox are the test's own functions. */
export function createChatWorld(database: Database, endpoint: { readonly baseUrl: string }): ChatWorld {
  const tools = [tool('shop', 'lookUp'), tool('shop', 'order')];
  const gateway: Gateway<Decision> = {
    toolsFor: async () => tools,
    async call(ctx, { server, tool: name }, args) {
      world.called.push({ address: `${server}.${name}`, args, surface: ctx.surface, arm: ctx.arm });
      return world.answer(name);
    },
  };
  const withModel = createEndpoints({
    operator: {
      baseUrl: endpoint.baseUrl,
      apiKey: 'operator-key',
      model: 'fake-1',
      provider: 'fake',
      scripted: false,
      fetch,
    },
    guardedFetch: fetch,
    withSecrets: (_ctx, _of, use) => use(Object.fromEntries(world.secrets)),
    clock: systemClock,
    limits: { silenceMs: 500, totalMs: 2_000, retries: 0 },
  });
  const world: ChatWorld = {
    observed: [],
    complaints: [],
    recorded: [],
    executed: [],
    called: [],
    secrets: new Map(),
    assignment: { arm: 'traditional', band: 'control', reason: 'rollout', exposureId: null },
    flags: { executionEnabled: true, progressiveDisclosure: true },
    kill: new AbortController(),
    shield: undefined,
    run: async () => ({ result: { stock: 7 } as Json }),
    answer: () => ({ status: 'ok', value: { stock: 7 }, bytes: 11, flags: [], durationMs: 1 }),
    chat: createChat({
      database,
      settings: {
        keys: {
          put: async (_ctx, { name, value }) => void world.secrets.set(name, value),
          remove: async () => Number(world.secrets.delete('api_key')),
          describe: async () => [...world.secrets.keys()].map((name) => ({ name })),
        },
        audit: async () => undefined,
        checkUrl: async (url) => {
          if (new URL(url).hostname === '10.0.0.1')
            throw new AppError('forbidden', '10.0.0.1 is not a public address.');
        },
      },
      withModel,
      operatorScripted: false,
      gateway,
      importables: async () => tools,
      async execute(ctx, { id, code }) {
        world.executed.push({ code, arm: ctx.arm, conversation: ctx.conversation });
        const run: ExecutedRun = {
          id: id as RunId,
          status: 'done',
          result: null,
          error: null,
          logs: [],
          findings: [],
          calls: [],
          usage: { tokens: { returned: 5, keptOut: 100 } },
        };
        return { ...run, ...(await world.run(ctx, code)) };
      },
      assign: async () => world.assignment,
      observe: (_ctx, observation) => void world.observed.push(observation),
      killSignal: async () => world.kill.signal,
      flags: () => world.flags,
      complain: async (_ctx, { conversation }) => void world.complaints.push(conversation),
      openShield: async () => world.shield,
      recordModelCall: async (_ctx, call) => {
        world.recorded.push(call);
        return { costMicros: 1_000n };
      },
      priceModelCall: async (_ctx, call) => ({
        costMicros: 1_000n,
        statements: [],
        recorded: async () => void world.recorded.push(call),
      }),
      clock: systemClock,
    }),
  };
  return world;
}
