import type { Chat } from '@switchyard/chat';
import type { Ctx } from '@switchyard/kernel';
import type { Ledger } from '@switchyard/ledger';
import type { Runs } from '@switchyard/runs';

/** Runs of a tenant within its limits and budget. Those of a chat come in with the chat, and are not refused in its middle. */
export function admittedRuns(runs: Runs, ledger: Pick<Ledger, 'admitExecution'>): Runs {
  async function admitted<Answer>(ctx: Ctx, work: () => Promise<Answer>): Promise<Answer> {
    if (ctx.surface === 'chat' || ctx.surface === 'shadow') return work();
    const leave = await ledger.admitExecution(ctx);
    try {
      return await work();
    } finally {
      leave();
    }
  }
  return {
    execute: (ctx, request, sink) => admitted(ctx, () => runs.execute(ctx, request, sink)),
    replay: (ctx, request) => admitted(ctx, () => runs.replay(ctx, request)),
    executedLines: (ctx, request) => admitted(ctx, () => runs.executedLines(ctx, request)),
    settled: (ctx, runId, signal) => runs.settled(ctx, runId, signal),
    // It was let in when it began.
    resume: (tenantId, runId) => runs.resume(tenantId, runId),
  };
}

/** Chats of a tenant within its limits and budget. */
export const admittedChat = (chat: Chat, ledger: Pick<Ledger, 'admitChat'>): Chat => ({
  ...chat,
  async send(ctx, request, sink) {
    const leave = await ledger.admitChat(ctx);
    try {
      return await chat.send(ctx, request, sink);
    } finally {
      leave();
    }
  },
});
