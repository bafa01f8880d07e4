import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ArmAnswer as ChatArmAnswer, Chat, ChatRequest, Served } from '@switchyard/chat';
import { createCompare, type ArmAnswer, type ChatTurn, type Compare } from '@switchyard/compare';
import type { Experiments } from '@switchyard/experiments';
import type { Host } from '@switchyard/host';
import { AppError, type Ctx } from '@switchyard/kernel';

export interface CompareParts {
  readonly host: Host;
  readonly chat: Pick<Chat, 'answerWith'>;
  readonly experiments: Pick<Experiments, 'killSignal' | 'recordAccuracy'>;
}

/** An answer of chat as comparisons read it. */
const toAnswer = ({ toolCalls, runs, outcome, ...answer }: ChatArmAnswer): ArmAnswer => ({
  ...answer,
  tools: [...toolCalls.map(({ tool }) => tool), ...runs.flatMap((run) => run.tools)],
  calls: runs.reduce((sum, run) => sum + run.calls, toolCalls.length),
  denied: toolCalls.some(({ status }) => status === 'denied') || runs.some((run) => run.denied > 0),
  runs: runs.map(({ id }) => id),
  error: outcome.status === 'ok' ? null : { code: outcome.code, message: outcome.message },
});

const ROLES: Readonly<Record<string, ChatTurn['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};

/** What the other arm can be asked again: text alone. Undefined where an app's own tools or pictures are in it. */
function turnsOf({ messages, tools }: ChatRequest): ChatTurn[] | undefined {
  if ((tools ?? []).length > 0) return undefined;
  const turns: ChatTurn[] = [];
  for (const { role, content } of messages) {
    const known = ROLES[role];
    if (!known || typeof content !== 'string') return undefined;
    turns.push({ role: known, content });
  }
  return turns;
}

/** Searching for tools from within code is on record as a call too. */
const DISCOVERY = 'servers.';
const BUSY_MS = 1_000;

/**
 * Within the tenant's budget and its places for chats, as users' own answers are. A comparison waits for a place; a
 * shadow run gives way. Throws AppError `budget_exceeded`, `rate_limited`.
 */
async function admitted<Answer>(
  ctx: Ctx,
  ledger: Pick<Host['ledger'], 'admitChat'>,
  purpose: 'compare' | 'shadow',
  work: () => Promise<Answer>,
): Promise<Answer> {
  const leave = await place(ctx, ledger, purpose);
  try {
    return await work();
  } finally {
    leave();
  }
}

async function place(
  ctx: Ctx,
  ledger: Pick<Host['ledger'], 'admitChat'>,
  purpose: 'compare' | 'shadow',
): Promise<() => void> {
  for (;;) {
    try {
      return await ledger.admitChat(ctx);
    } catch (error) {
      const isBusy = error instanceof AppError && error.code === 'rate_limited';
      if (!isBusy || purpose === 'shadow') throw error;
      await sleep(BUSY_MS, undefined, { signal: ctx.signal });
    }
  }
}

/** Comparisons with everything that they are given; `served` is to hear every answer of chat. */
export function openCompare({ host, chat, experiments }: CompareParts): {
  readonly compare: Compare;
  served(ctx: Ctx, served: Served): void;
} {
  const logger = new Logger('compare');
  const { database, clock, ledger, gateway } = host;
  const compare = createCompare({
    database,
    clock,
    audit: (tx, ctx, event) => ledger.appendAudit(tx, ctx, event),
    answerWith: (ctx, arm, turns, options) =>
      admitted(ctx, ledger, options.purpose, async () => {
        const messages = turns.map((turn) => ({ ...turn }));
        if (arm === 'traditional') return toAnswer(await chat.answerWith(ctx, arm, messages, options));
        // The kill switch stops code wherever it runs.
        const killed = await experiments.killSignal(ctx);
        const signal = AbortSignal.any([ctx.signal, killed]);
        try {
          return toAnswer(await chat.answerWith({ ...ctx, signal }, arm, messages, options));
        } catch (error) {
          if (!killed.aborted || ctx.signal.aborted) throw error;
          throw new AppError('unavailable', 'Code is switched off for this tenant by its kill switch.');
        }
      }),
    async onlyReads(ctx, tools) {
      const reading = (await gateway.toolsFor(ctx)).filter(({ annotations }) => annotations.readOnlyHint === true);
      const names = new Set(reading.map(({ server, name }) => `${server}.${name}`));
      return tools.every((tool) => tool.startsWith(DISCOVERY) || names.has(tool));
    },
    recordAccuracy: (ctx, { conversation, exposureId, ...accuracy }) =>
      experiments.recordAccuracy(ctx, {
        ...(exposureId === null ? { conversation } : { exposureId }),
        source: accuracy.source,
        value: accuracy.source === 'shadow' ? accuracy.delta : accuracy.score,
      }),
    toolsOf: async (ctx) => new Set((await gateway.toolsFor(ctx)).map(({ server, name }) => `${server}.${name}`)),
    maskerOf: (ctx) => host.privacy.masker(ctx),
    log: (message) => logger.error(message),
  });
  return {
    compare,
    served(ctx, { request, answer, servedArm, fallback, ...served }) {
      const messages = turnsOf(request);
      // An answer that another arm had to give in place of the assigned one is no sample of either.
      if (!messages || fallback !== null) return;
      compare.heard(ctx, { ...served, arm: servedArm, messages, answer: toAnswer(answer), at: clock.now() });
    },
  };
}
