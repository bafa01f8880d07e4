import type { Arm, Surface, TenantId } from '@switchyard/kernel';

/** What metrics are told. Names are bounded by whoever records them; nothing of a user's content is ever among these. */
export interface RequestFact {
  readonly method: string;
  /** As it was declared, with its parameters unfilled; undefined where nothing matched. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
}

interface OfCaller {
  readonly tenantId: TenantId;
  readonly surface: Surface;
  readonly arm?: Arm | undefined;
}

export interface RunFact extends OfCaller {
  readonly status: string;
  readonly durationMs: number;
  readonly calls: number;
  /** Measured: of results that came to no model. */
  readonly tokensKeptOut: number;
  /** Estimated, by the counterfactual; negative where code took more. Null where nothing is compared. */
  readonly tokensSaved: number | null;
  /** `server.tool` of calls that answered, in their order: from the catalogue, never as code wrote them. */
  readonly tools: readonly string[];
}

export interface SandboxFact {
  /** A status, or `limit.<kind>`. */
  readonly end: string;
  readonly queuedMs: number | undefined;
  readonly ownTimeMs: number | undefined;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

/** A tool of the catalogue; undefined where what was asked for is none. */
export type CalledTool = { readonly server: string; readonly name: string } | undefined;

export interface ToolFact extends OfCaller {
  readonly tool: CalledTool;
  readonly outcome: string;
  readonly durationMs: number;
}

export interface UpstreamFact {
  readonly server: string;
  /** Undefined: it went well. */
  readonly error: string | undefined;
  readonly durationMs: number;
}

/** A message of a client of /mcp. */
export interface ServedFact {
  readonly method: string;
  /** Of our own few tools. */
  readonly tool: string | undefined;
  readonly durationMs: number;
}

export interface ModelFact {
  readonly tenantId: TenantId;
  readonly arm: Arm | null;
  readonly purpose: string;
  readonly provider: string;
  readonly model: string;
  /** True of the scripted model. */
  readonly scripted: boolean;
  /** A code of our own; null where it went well. */
  readonly error: string | null;
  readonly durationMs: number;
  readonly tokens: {
    /** Cached ones included. */
    readonly input: number;
    readonly cachedInput: number;
    /** Reasoning included. */
    readonly output: number;
    readonly reasoning: number;
  };
  /** Null: no price is known. */
  readonly costMicros: bigint | null;
  /** As of a run; with the call that finished the answer. */
  readonly tokensSaved: number | null;
}

export interface DecisionFact {
  readonly effect: 'allow' | 'deny';
  readonly purpose: 'call' | 'precheck' | 'discover';
  readonly enforced: boolean;
  readonly durationMs: number;
}

export interface AnswerFact {
  readonly tenantId: TenantId;
  /** As assigned; undefined where it came to no assignment. */
  readonly arm: Arm | undefined;
  /** Why another arm answered. */
  readonly fallback: string | null;
  /** An error code of ours; undefined where there is an answer. */
  readonly error: string | undefined;
  readonly durationMs: number;
  /** True for the first answer of a conversation that this process gives. */
  readonly isNewConversation: boolean;
}

/** What is looked up when somebody asks for metrics. */
export interface Watched {
  readonly pool: () => Promise<Readonly<Record<'size' | 'warm' | 'running' | 'queued' | 'sessions', number>>>;
  readonly tenants: () => Promise<{ readonly approvalsWaiting: number; readonly killed: number }>;
}
