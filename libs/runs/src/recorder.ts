import type { Finding } from '@switchyard/execution';
import { newId, type Ctx, type Json } from '@switchyard/kernel';
import { countTokens, type CallInput, type CallStatus, type RunEnd } from '@switchyard/ledger';
import { decisionStatements, type Decision } from '@switchyard/policy';
import { createMasker } from '@switchyard/privacy';
import type { CallSummary, LogLine, RunError } from './run-answer.ts';

const KEPT_ARGS_BYTES = 8 * 1024;
const KEPT_RESULT_BYTES = 16 * 1024;
const KEPT_LOGS_BYTES = 64 * 1024;

export interface RecordedCall {
  readonly seq: number;
  readonly server: string;
  readonly tool: string;
  readonly args: unknown;
  readonly status: CallStatus;
  /** The whole result as JSON text; empty where there is none. */
  readonly json: string;
  readonly value?: Json;
  readonly error?: { readonly code: string; readonly message: string };
  readonly decision?: Decision;
  /** True of what never would have gone to a model: files of the run's own. */
  readonly isOwn?: boolean;
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** Collects what a run does, and turns it into what is kept of it: masked, bounded, counted. */
export class Recorder {
  readonly logs: LogLine[] = [];
  readonly calls: CallSummary[] = [];
  readonly #kept: CallInput[] = [];
  readonly #decisions: Decision[] = [];
  readonly #masker = createMasker();

  log(line: LogLine): void {
    this.logs.push(line);
  }

  /** Records a call that has ended, and gives what the caller of the run sees of it. */
  call(call: RecordedCall): CallSummary {
    const tokens = call.json && !call.isOwn ? countTokens(call.json).tokens : 0;
    if (call.decision) this.#decisions.push(call.decision);
    this.#kept.push({
      id: newId(),
      seq: call.seq,
      server: call.server,
      tool: call.tool,
      status: call.status,
      args: this.#keep(call.args, KEPT_ARGS_BYTES),
      ...(call.value === undefined ? {} : { result: this.#keep(call.value, KEPT_RESULT_BYTES) }),
      ...(call.error ? { error: this.#keep(call.error, KEPT_ARGS_BYTES) } : {}),
      decisionId: call.decision?.id ?? null,
      resultBytes: Buffer.byteLength(call.json),
      resultTokens: tokens,
      startedAt: call.startedAt,
      durationMs: call.durationMs,
    });
    const summary = {
      tool: `${call.server}.${call.tool}`,
      status: call.status,
      durationMs: round(call.durationMs),
      tokens,
      argumentTokens: countTokens(JSON.stringify(call.args ?? {})).tokens,
      startedAt: call.startedAt,
    };
    this.calls.push(summary);
    return summary;
  }

  /** Tokens of all tool results, none of which entered the model's context. */
  get tokensOfResults(): number {
    return this.calls.reduce((sum, call) => sum + call.tokens, 0);
  }

  /** What goes into the ledger when the run has ended. */
  end(
    ctx: Ctx,
    run: { status: RunEnd['status']; findings: readonly Finding[]; result: Json; json: string; error: RunError | null },
  ): Pick<RunEnd, 'status' | 'findings' | 'logs' | 'result' | 'resultBytes' | 'error' | 'calls' | 'alongside'> {
    const mask = (args: unknown): Json => this.#keep(args, KEPT_ARGS_BYTES);
    return {
      status: run.status,
      findings: run.findings,
      logs: this.#keptLogs(),
      result: this.#keep(run.result, KEPT_RESULT_BYTES),
      resultBytes: Buffer.byteLength(run.json),
      ...(run.error ? { error: this.#keep(run.error, KEPT_ARGS_BYTES) } : {}),
      calls: this.#kept.sort((a, b) => a.seq - b.seq),
      alongside: decisionStatements(ctx, this.#decisions, mask),
    };
  }

  #keep(value: unknown, bytes: number): Json {
    return this.#masker.preview((value ?? null) as Json, bytes).value;
  }

  #keptLogs(): LogLine[] {
    const kept: LogLine[] = [];
    let left = KEPT_LOGS_BYTES;
    for (const line of this.logs) {
      left -= line.text.length + 32;
      if (left < 0)
        return [
          ...kept,
          { stream: 'stderr', text: `[${this.logs.length - kept.length} more lines are not kept]`, at: line.at },
        ];
      kept.push({ ...line, text: this.#masker.maskText(line.text) });
    }
    return kept;
  }
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
