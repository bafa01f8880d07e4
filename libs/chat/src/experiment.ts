import type { Arm, Ctx } from '@switchyard/kernel';

/** Which arm answers, and under which exposure it counts. */
export interface Assignment {
  readonly arm: Arm;
  readonly band: string;
  readonly reason: string;
  readonly flag?: string;
  readonly epoch?: number;
  readonly exposureId: string | null;
}

export type Assign = (ctx: Ctx, unit: { readonly conversation: string; readonly user?: string }) => Promise<Assignment>;

/** How an answer went; counted under the arm that was assigned (intention to treat), whatever answered in the end. */
export interface Observation {
  readonly exposureId: string | null;
  readonly servedArm: Arm;
  /** Why the traditional arm answered in place of the assigned one; null where the assigned one did. */
  readonly fallback: string | null;
  readonly error: boolean;
  readonly latencyMs: number;
  /** Null where no price is known. */
  readonly costMicros: bigint | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly segments: { readonly intent?: string; readonly model?: string; readonly tools: readonly string[] };
}

/** Must not block: what it has to do, it does afterwards. */
export type Observe = (ctx: Ctx, observation: Observation) => void;

/** Aborted when the code arm is switched off for a tenant while an answer is under way, or was before. */
export type KillSignal = (ctx: Ctx) => Promise<AbortSignal>;

export interface ChatFlags {
  /** MCP_EXECUTION_ENABLED: whether the model may have code executed at all. */
  readonly executionEnabled: boolean;
  /** MCP_PROGRESSIVE_DISCLOSURE: the model searches for tools; off, every declaration stands in its prompt. */
  readonly progressiveDisclosure: boolean;
}
export type ReadFlags = (ctx: Ctx) => ChatFlags | Promise<ChatFlags>;
