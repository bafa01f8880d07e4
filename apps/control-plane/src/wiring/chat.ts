import { randomBytes } from 'node:crypto';
import {
  createChat,
  createEndpoints,
  recordingFetch,
  replayingFetch,
  SCRIPTED_MODEL,
  startScriptedServer,
  type Assign,
  type Chat,
  type ChatOptions,
  type KillSignal,
  type ModelBooks,
  type Observe,
  type OperatorEndpoint,
  type ReadFlags,
  type Served,
} from '@switchyard/chat';
import { shieldOf, type Host } from '@switchyard/host';
import type { Ctx } from '@switchyard/kernel';
import type { Runs } from '@switchyard/runs';
import type { Env } from '../env.ts';
import { executeAndWait } from '../runs/execute-and-wait.ts';

const OPENAI_URL = 'https://api.openai.com/v1';
const OPENAI_MODEL = 'gpt-4o-mini';

export interface ChatParts extends ModelBooks {
  readonly env: Env;
  readonly host: Host;
  readonly runs: Runs;
  readonly importables: ChatOptions['importables'];
  readonly assign: Assign;
  readonly observe: Observe;
  readonly killSignal: KillSignal;
  readonly flags: ReadFlags;
  readonly complain: (ctx: Ctx, complaint: { readonly conversation: string }) => Promise<unknown>;
  readonly served: (ctx: Ctx, served: Served) => void;
}

export interface OpenedChat {
  readonly chat: Chat;
  readonly operator: Omit<OperatorEndpoint, 'apiKey' | 'fetch'>;
  close(): Promise<void>;
}

/** The operator's endpoint: OpenAI or a compatible one where a key or a URL is set, a recording, or the scripted model. */
async function openOperatorEndpoint(env: Env): Promise<OperatorEndpoint & { close(): Promise<void> }> {
  const { OPENAI_API_KEY: key, OPENAI_BASE_URL: url, MODEL, SWITCHYARD_MODEL_RECORD, SWITCHYARD_MODEL_REPLAY } = env;
  const nothing = async (): Promise<void> => undefined;
  const baseUrl = (url ?? OPENAI_URL).replace(/\/$/, '');
  const model = MODEL ?? OPENAI_MODEL;
  if (SWITCHYARD_MODEL_REPLAY !== undefined) {
    const fetch = replayingFetch(SWITCHYARD_MODEL_REPLAY);
    return { baseUrl, apiKey: 'replay', model, provider: 'replay', scripted: true, fetch, close: nothing };
  }
  if (key === undefined && url === undefined) {
    const server = await startScriptedServer(randomBytes(24).toString('hex'));
    const { apiKey } = server;
    const provider = SCRIPTED_MODEL;
    return {
      baseUrl: server.baseUrl,
      apiKey,
      model: SCRIPTED_MODEL,
      provider,
      scripted: true,
      fetch,
      close: () => server.close(),
    };
  }
  const apiKey = key ?? 'none';
  const { hostname } = new URL(baseUrl);
  const provider = hostname === 'api.openai.com' ? 'openai' : hostname;
  const reach = SWITCHYARD_MODEL_RECORD ? recordingFetch(fetch, SWITCHYARD_MODEL_RECORD, [apiKey]) : fetch;
  return { baseUrl, apiKey, model, provider, scripted: false, fetch: reach, close: nothing };
}

/** Chat with everything that it is given. */
export async function openChat(parts: ChatParts): Promise<OpenedChat> {
  const { env, host, runs } = parts;
  const { database, vault, egress, gateway, ledger, clock, approvals } = host;
  const waitMs = env.SWITCHYARD_APPROVAL_WAIT_SECONDS * 1_000;
  const operator = await openOperatorEndpoint(env);
  const withModel = createEndpoints({
    operator,
    guardedFetch: (url, init) => egress.fetch(url instanceof Request ? url.url : url, init),
    withSecrets: (ctx, of, use) => vault.withSecrets(ctx, of, use),
    clock,
  });
  const chat = createChat({
    database,
    settings: {
      keys: {
        put: (ctx, secret, tx) => vault.put(ctx, secret, tx),
        remove: (ctx, of, tx) => vault.remove(ctx, of, tx),
        describe: (ctx, id) => vault.describe(ctx, id),
      },
      audit: (tx, ctx, event) => ledger.appendAudit(tx, ctx, event),
      checkUrl: (url) => egress.check(url),
    },
    withModel,
    operatorScripted: operator.scripted,
    gateway,
    execute: (ctx, request) => executeAndWait(runs, ctx, { ...request, waitMs }),
    approvals: { ask: approvals.ask, decided: approvals.decided, waitMs },
    importables: parts.importables,
    assign: parts.assign,
    observe: parts.observe,
    killSignal: parts.killSignal,
    flags: parts.flags,
    complain: parts.complain,
    recordModelCall: parts.recordModelCall,
    priceModelCall: parts.priceModelCall,
    openShield: (ctx) => shieldOf(host.privacy, ctx),
    served: parts.served,
    clock,
  });
  return {
    chat,
    operator,
    async close() {
      chat.close();
      await operator.close();
    },
  };
}
