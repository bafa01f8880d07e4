import { inputRequired } from '@modelcontextprotocol/server';
import type { Ctx } from '@switchyard/kernel';
import type { RunAnswer } from '@switchyard/runs';
import { z } from 'zod';
import type { Services } from '../services.ts';

/** What a client hands back when it asks again for a run that waits for people. */
export interface WaitingRun {
  readonly run: string;
}

/** As long as an approval may wait. */
export const STATE_SECONDS = 7 * 24 * 3_600;

/** The run that a client asks for again, in the form in which it was left. Throws AppError `not_found`. */
export async function waitingRun(services: Services, ctx: Ctx, id: string): Promise<RunAnswer> {
  const run = await services.ledger.getRun(ctx, id);
  const { items: approvals } = await services.approvals.list(ctx, { runId: id, status: 'pending' });
  const usage = {
    durationMs: 0,
    cpuMs: 0,
    peakMemoryBytes: 0,
    calls: run.callCount,
    tokens: { returned: 0, keptOut: 0 },
  };
  const none = { result: null, handle: null, error: null, logs: [], findings: [], calls: [] };
  return { ...none, id: run.id, status: 'awaiting_approval', approvals, usage, traceId: run.traceId };
}

const Envelope = z.looseObject({
  'io.modelcontextprotocol/clientCapabilities': z
    .looseObject({ elicitation: z.looseObject({ url: z.unknown().optional() }).optional() })
    .optional(),
});

/** Shows the person at the client where to decide, where the client can. The decision is never the client's own. */
export function askPeople(
  publicUrl: string,
  { approvals }: Pick<RunAnswer, 'approvals'>,
  envelope: unknown,
): { inputRequests?: Record<string, ReturnType<typeof inputRequired.elicitUrl>> } {
  const capabilities = Envelope.safeParse(envelope).data?.['io.modelcontextprotocol/clientCapabilities'];
  const [first] = approvals;
  if (!first || capabilities?.elicitation?.url === undefined) return {};
  const tools = approvals.map(({ server, tool }) => `${server}.${tool}`).join(', ');
  const message = `A person has to approve ${tools}: ${first.reasons.join('; ') || 'a rule of this tenant asks for it'}. Decide in the console; then go on here.`;
  return {
    inputRequests: { approval: inputRequired.elicitUrl({ message, url: `${publicUrl}/#/approvals/${first.id}/show` }) },
  };
}

/** For clients of before 2026-07-28, which cannot be asked to come again. */
export const laterOf = (run: string): string =>
  `A person has to approve this first. Do not run the code again: it goes on by itself when it is approved. Read its result later with execute_code: return await workspace.open('${run}')`;
