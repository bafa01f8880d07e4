import { createHash } from 'node:crypto';
import { canonicalJson, type Arm, type Json, type RunId } from '@switchyard/kernel';
import type { Statement } from '@switchyard/database';
import type { Counterfactual } from '../money/counterfactual.ts';

export const ENDED = ['done', 'rejected', 'failed', 'limit', 'crashed'] as const;
export type EndedStatus = (typeof ENDED)[number];
/** `awaiting_approval`: a person has to decide on one of its calls; it goes on by itself then. */
export type RunStatus = EndedStatus | 'running' | 'awaiting_approval';

export const hasEnded = (status: RunStatus): status is EndedStatus =>
  status !== 'running' && status !== 'awaiting_approval';

export type CallStatus =
  | 'ok'
  | 'denied'
  | 'approval_needed'
  | 'not_found'
  | 'invalid_arguments'
  | 'tool_error'
  | 'upstream_failed'
  | 'timeout'
  | 'cancelled';

/** SHA-256 in hex of the code as it was sent. */
export const codeHash = (code: string): string => createHash('sha256').update(code).digest('hex');

export interface RunStart {
  readonly id: RunId;
  /** As it was sent. */
  readonly code: string;
  readonly limits: unknown;
  readonly policyRevision: number;
}

/** One tool call; `args`, `result` and `error` masked and bounded by the caller. */
export interface CallInput {
  readonly id?: string;
  readonly seq: number;
  readonly server: string;
  readonly tool: string;
  readonly status: CallStatus;
  readonly args: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly decisionId?: string | null;
  /** Of the whole result, before it was bounded. */
  readonly resultBytes?: number;
  readonly resultTokens?: number;
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** How a run ended; `findings`, `logs`, `result` and `error` masked and bounded by the caller. */
export interface RunEnd {
  readonly status: EndedStatus;
  readonly findings?: readonly unknown[];
  readonly logs?: readonly unknown[];
  readonly result?: unknown;
  /** Of the whole result, before it was bounded. */
  readonly resultBytes?: number;
  readonly error?: unknown;
  readonly policyRevision?: number;
  readonly durationMs: number;
  readonly cpuMs?: number;
  readonly peakMemoryBytes?: number;
  /** What went to the model, and what a traditional run would have sent it besides. */
  readonly tokensReturned?: number;
  readonly tokensKeptOut?: number;
  readonly calls?: readonly CallInput[];
  /** Of a run that no chat's arm started: what the traditional way would have used; no model is known, so no money. */
  readonly counterfactual?: Counterfactual;
  /** Written in the same transaction: the run's decisions. */
  readonly alongside?: readonly Statement[];
}

export interface StoredCall {
  readonly id: string;
  readonly seq: number;
  readonly server: string;
  readonly tool: string;
  readonly status: CallStatus;
  readonly args: Json;
  readonly result: Json;
  readonly error: Json;
  readonly decisionId: string | null;
  readonly resultBytes: number;
  readonly resultTokens: number;
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** A run as lists show it. */
export interface RunSummary {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly surface: string;
  /** The arm of the chat that ran it; null where a program, a client of /mcp or a person did. */
  readonly arm: Arm | null;
  readonly principalKind: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly conversation: string | null;
  readonly codeHash: string;
  readonly limits: Json;
  readonly resultBytes: number;
  readonly error: Json;
  readonly policyRevision: number;
  readonly callCount: number;
  readonly deniedCount: number;
  readonly durationMs: number | null;
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
  readonly tokensReturned: number;
  readonly tokensKeptOut: number;
  readonly traceId: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export interface StoredRun extends RunSummary {
  readonly code: string;
  readonly findings: readonly Json[];
  readonly logs: readonly Json[];
  readonly result: Json;
  /** In the order in which they were made. */
  readonly calls: readonly StoredCall[];
}

/** SHA-256 in hex over what a run left behind; the audit event of its end carries it, so that a changed run shows. Records from before arms have none, and keep their hash. */
export const recordHash = (run: StoredRun): string =>
  createHash('sha256')
    .update(canonicalJson({ ...run, arm: run.arm ?? undefined, codeHash: codeHash(run.code) }))
    .digest('hex');
