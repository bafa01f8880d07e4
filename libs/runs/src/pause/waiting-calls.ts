import { DISCOVERY_SERVER, WORKSPACE_SERVER, type InvokeCall, type InvokeReply } from '@switchyard/execution';
import type { Json } from '@switchyard/kernel';
import type { Decision } from '@switchyard/policy';
import { argumentsHash, type Approval, type GatewayCall } from '@switchyard/tools';
import { refusal, type RunCalls, type Waits } from '../calls.ts';
import type { RunSink } from '../run-answer.ts';
import { Diverged, type History } from './history.ts';
import type { MadeCall } from './journal.store.ts';
import type { Pausing } from './pausing.ts';

type AskedBefore = ReadonlyMap<number, Approval & { readonly argsHash: string }>;

const OWN = new Set<string>([DISCOVERY_SERVER, WORKSPACE_SERVER]);
const LOST = {
  code: 'outcome_unknown',
  message:
    'The process was lost while this call was under way. The tool may have done what it was asked, so the call is not made again: look first whether it has.',
};

/** Why a call that people were asked for is not made. */
export function refusedBy(approval: Approval): { readonly code: string; readonly message: string } {
  if (approval.status === 'denied') {
    const no = approval.votes.find(({ granted }) => !granted);
    const why = no?.comment ? `: ${no.comment}` : '.';
    return { code: 'approval_denied', message: `${approval.decidedBy ?? 'A person'} denied this call${why}` };
  }
  if (approval.status === 'expired')
    return { code: 'approval_expired', message: 'Nobody decided on this call in time, so it was not made.' };
  return { code: 'approval_withdrawn', message: 'Nobody waits for a decision on this call any more.' };
}

/** The calls of a run that may have to wait for people, and that may go on from what another process wrote down. */
export class WaitingCalls implements Waits {
  readonly #made = new Map<number, MadeCall>();
  readonly #stop = new AbortController();
  #calls: RunCalls | undefined;
  /** Why the run cannot go on. */
  diverged: Diverged | undefined;

  constructor(
    readonly pausing: Pausing,
    readonly of: {
      readonly sink: RunSink;
      readonly history?: History | undefined;
      readonly asked?: AskedBefore | undefined;
    },
  ) {}

  /** Aborts when the run must not go on. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  carry(calls: RunCalls): void {
    this.#calls = calls;
  }

  async invoke(call: InvokeCall, signal: AbortSignal): Promise<InvokeReply> {
    const { pausing } = this;
    // The sandbox is being let go: nothing that it still says is done any more.
    if (pausing.isParked) return never();
    const played = await this.#played(call, signal);
    if (played) return played;
    await pausing.begun(call);
    try {
      const reply = await (this.#calls?.invoke(call, signal) ?? never());
      const made = this.#take(call.seq);
      // Cut off with its run: nobody knows what it did, and so it is on record if the run goes on elsewhere.
      if (signal.aborted && made?.status === 'cancelled') return pausing.abandoned();
      await pausing.ended(call, reply, made);
      return reply;
    } catch (error) {
      if (signal.aborted || pausing.isParked) return pausing.abandoned();
      await pausing.ended(call, refusal('internal', `The call of ${call.tool} failed inside.`), this.#take(call.seq));
      throw error;
    }
  }

  made(seq: number, made: MadeCall): void {
    this.#made.set(seq, made);
  }

  approvalOf({ seq }: InvokeCall): string | undefined {
    const approval = this.of.asked?.get(seq);
    return approval?.status === 'granted' ? approval.id : undefined;
  }

  async ask(
    call: InvokeCall,
    needed: GatewayCall<Decision>,
    { signal, again }: Parameters<Waits['ask']>[2],
  ): Promise<GatewayCall<Decision>> {
    const { pausing } = this;
    const { tool, decision, durationMs } = needed;
    const wanted = decision?.obligations.approval;
    if (!tool || !decision || !wanted) return needed;
    const known = { tool, decision, durationMs };
    if (pausing.isTooLarge) {
      const message =
        'The calls before this one gave more than 20 MB, which is too much to keep while a person decides. Ask first, or ask the tools for less.';
      return { ...known, status: 'denied', error: { code: 'too_large_to_wait', message } };
    }
    const standing = this.of.asked?.get(call.seq);
    const approval =
      standing?.status === 'pending'
        ? standing
        : await pausing.ask(call, {
            tool,
            args: (call.args ?? {}) as Readonly<Record<string, Json>>,
            whole: 'whole' in needed ? needed.whole : undefined,
            wanted,
            decisionId: null, // written with the run, when it has ended
            policyRevision: decision.revision,
          });
    this.of.sink.approval?.(approval);
    const decided = await pausing.decided(approval, signal).catch((error: unknown) => {
      if (signal.aborted || pausing.isParked) return never();
      throw error;
    });
    if (decided.status === 'granted') return again(decided.id);
    return { ...known, status: 'denied', error: refusedBy(decided) };
  }

  /** Puts on record what was made before and what the code did not come to this time. */
  recordLeft(): void {
    for (const { call, reply, made } of this.of.history?.left() ?? []) {
      if (reply && made) this.#calls?.replayed(call, reply, made);
      else if (!OWN.has(call.server)) this.#lost(call);
    }
  }

  #take(seq: number): MadeCall | undefined {
    const made = this.#made.get(seq);
    this.#made.delete(seq);
    return made;
  }

  /** What a call gave before; undefined when it is to be made now. */
  async #played(call: InvokeCall, signal: AbortSignal): Promise<InvokeReply | undefined> {
    const { history, asked } = this.of;
    if (!history) return undefined;
    try {
      const approval = asked?.get(call.seq);
      const played = await history.play(call, signal);
      if (played.kind === 'recorded') {
        if (played.made) this.#calls?.replayed(call, played.reply, played.made);
        return played.reply;
      }
      if (approval && approval.argsHash !== argumentsHash(call.args))
        throw new Diverged('The code went on differently: what was approved is not what it calls now.');
      if (approval?.status === 'granted' || approval?.status === 'pending') return undefined;
      if (approval && approval.status !== 'used') return await this.#refused(call, refusedBy(approval));
      if (played.kind === 'new' || OWN.has(call.server)) return undefined;
      return await this.#ended(call, this.#lost(call));
    } catch (error) {
      if (!(error instanceof Diverged)) throw error;
      this.diverged ??= error;
      this.#stop.abort();
      return never();
    }
  }

  #lost(call: InvokeCall): InvokeReply {
    const reply = refusal(LOST.code, LOST.message);
    this.#calls?.replayed(call, reply, {
      status: 'cancelled',
      startedAt: this.pausing.options.clock.now(),
      durationMs: 0,
      error: LOST,
    });
    return reply;
  }

  #refused(call: InvokeCall, error: { readonly code: string; readonly message: string }): Promise<InvokeReply> {
    const reply = refusal(error.code, error.message);
    const made: MadeCall = { status: 'denied', startedAt: this.pausing.options.clock.now(), durationMs: 0, error };
    this.#calls?.replayed(call, reply, made);
    this.made(call.seq, made);
    return this.#ended(call, reply);
  }

  /** So that it is answered the same way, should the run have to go on once more. */
  async #ended(call: InvokeCall, reply: InvokeReply): Promise<InvokeReply> {
    await this.pausing.begun(call);
    await this.pausing.ended(call, reply, this.#take(call.seq));
    return reply;
  }
}

/** The sandbox that asks is gone or going. */
const never = (): Promise<never> => new Promise(() => undefined);
