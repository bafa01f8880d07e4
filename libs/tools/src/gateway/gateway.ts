import { randomBytes } from 'node:crypto';
import { AppError, messageOf, type Ctx, type Json } from '@switchyard/kernel';
import { LRUCache } from 'lru-cache';
import type { Approvals, Leave } from '../approvals/approvals.ts';
import type { Catalogue, Catalogues } from '../catalog/catalogue.ts';
import { createReach } from '../accounts/reach.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Connection } from '../catalog/connection.ts';
import type { WithSecrets } from '../catalog/connections.ts';
import type { ToolDescriptor } from '../catalog/descriptor.ts';
import { address, nearest } from '../discover/discover.ts';
import type { Annotations } from '../upstream/list-tools.ts';
import { UpstreamFailure } from '../upstream/failure.ts';
import type { UpstreamPool } from '../upstream/pool.ts';
import type { ToolAnswer } from '../upstream/session.ts';
import type { Secrets } from '../upstream/target.ts';
import { restored, shielded, type CallShield } from './call-shield.ts';
import { fulfil, NO_OBLIGATIONS, type GateObligations } from './obligations.ts';
import { messageOfContent, saysError, unwrap } from './unwrap.ts';
import { Validators } from './validate-args.ts';

/** What the policy answers; whatever else it says travels along untouched. */
export interface GateDecision {
  readonly effect: 'allow' | 'deny';
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
  readonly revision: number;
  /** False in dry run: neither the effect nor the obligations have any. */
  readonly enforced: boolean;
  readonly obligations: GateObligations;
}

/** What the caller knows of a call that the gateway does not. */
export interface CallFacts {
  /** How many other calls of a tool (`server.tool`) the same run or answer has made. */
  readonly earlier?: (address: string) => number;
  /** What people granted for this very call. */
  readonly approvalId?: string | undefined;
}

export type Decide<D extends GateDecision> = (
  ctx: Ctx,
  question: {
    readonly server: string;
    readonly tool: string;
    readonly annotations: Annotations;
    readonly args: Readonly<Record<string, Json>>;
    readonly purpose: 'call';
  },
) => Promise<D>;

/** Gives the addresses (`server.tool`) of those that the caller may discover. `catalogueKey` changes when the list does. */
export type Visible = (
  ctx: Ctx,
  tools: readonly { readonly server: string; readonly tool: string; readonly annotations: Annotations }[],
  catalogueKey: string,
) => Promise<ReadonlySet<string>>;

export type Trip = (
  ctx: Ctx,
  tool: Pick<ToolDescriptor, 'server' | 'name'>,
  call: (ctx: Ctx) => Promise<ToolAnswer>,
) => Promise<ToolAnswer>;

export interface GatewayDeps<D extends GateDecision> {
  readonly catalogues: Pick<Catalogues, 'of'>;
  readonly pool: Pick<UpstreamPool, 'use'>;
  readonly decide: Decide<D>;
  readonly visible: Visible;
  /** Looks at what a tool gave, secrets masked. */
  readonly observe?: (ctx: Ctx, tool: ToolDescriptor, value: Json) => void;
  readonly withSecrets: WithSecrets;
  /** Makes the call at the upstream, in a context of its own where it wants one, and sees how it went. */
  readonly trip?: Trip;
  /** Of connections that sign in by OAuth; without it those do not work. */
  readonly accounts?: Pick<Accounts, 'use'>;
  /** Whether people have granted a call that a rule wants approved; without it such calls are refused. */
  readonly approvals?: Pick<Approvals, 'admit'>;
  /** Replaces secrets, in whatever encoding they come back, within a JSON text. */
  readonly maskSecrets: (secrets: Secrets) => (text: string) => string;
  /** For calls that a model asks for: what keeps private data from it. Undefined where it gets everything as it is. */
  readonly shield?: (ctx: Ctx) => Promise<CallShield | undefined>;
}

/** `approval_needed`: a person has to decide first; whoever can wait asks for it and calls again. */
export type GatewayErrorStatus =
  | 'denied'
  | 'approval_needed'
  | 'invalid_arguments'
  | 'tool_error'
  | 'upstream_failed'
  | 'timeout'
  | 'cancelled'
  | 'not_found';

export interface GatewayError {
  /** Finer than the status: `denied`, `held`, `json_rpc`, `is_error`, `too_large`, `circuit_open` … */
  readonly code: string;
  readonly message: string;
  readonly data?: Json;
}

export type GatewayFlag = 'says_error' | 'breaks_output_schema' | 'fields_masked' | 'rows_capped';

/** Which tool it was, where there is one that the caller may know of, and what the policy said of it. */
interface Resolved<D> {
  readonly tool?: ToolDescriptor;
  readonly decision?: D;
  readonly durationMs: number;
}

export type GatewayCall<D extends GateDecision = GateDecision> =
  | (Resolved<D> & {
      readonly status: 'ok';
      readonly value: Json;
      /** The value as JSON text, made or passed through on the way: whoever needs the text need not make it again. */
      readonly json?: string;
      /** Of the value as JSON. */
      readonly bytes: number;
      /** What a reader should know of a value that is passed on as it is. */
      readonly flags: readonly GatewayFlag[];
    })
  | (Resolved<D> & {
      readonly status: GatewayErrorStatus;
      readonly error: GatewayError;
      /** Of `approval_needed`: what the tool would get, private data put back; for the people who decide. */
      readonly whole?: Readonly<Record<string, Json>>;
    });

export interface Gateway<D extends GateDecision = GateDecision> {
  /**
   * The one way to a tool. `tool` is its name in code or its upstream's. Never throws for an expected outcome. A tool
   * that the caller may not discover answers exactly as one that does not exist (its decision is for the record alone);
   * `denied` is for one that they may see.
   */
  call(
    ctx: Ctx,
    tool: { readonly server: string; readonly tool: string },
    args: Readonly<Record<string, Json>>,
    facts?: CallFacts,
  ): Promise<GatewayCall<D>>;
  /** The tools that the caller may see. The same list object as before while nothing has changed. */
  toolsFor(ctx: Ctx): Promise<readonly ToolDescriptor[]>;
}

const MAX_SUBSETS = 64;
const TOO_DEEP = 'What was sent or answered is nested too deeply. The tool may have done what it was asked.';

export function createGateway<D extends GateDecision>(deps: GatewayDeps<D>): Gateway<D> {
  const validators = new Validators();
  const reach = createReach(deps);
  const subsets = new WeakMap<readonly ToolDescriptor[], LRUCache<string, readonly ToolDescriptor[]>>();

  async function visibleOf(ctx: Ctx, catalogue: Catalogue): Promise<readonly ToolDescriptor[]> {
    const asked = catalogue.tools.map(({ server, name, annotations }) => ({ server, tool: name, annotations }));
    const allowed = await deps.visible(ctx, asked, catalogue.key);
    if (allowed.size >= catalogue.tools.length && catalogue.tools.every((tool) => allowed.has(address(tool))))
      return catalogue.tools;
    // The same subset is the same list, so that its search index is built once for all who see it.
    const known = subsets.get(catalogue.tools) ?? new LRUCache<string, readonly ToolDescriptor[]>({ max: MAX_SUBSETS });
    subsets.set(catalogue.tools, known);
    const mask = catalogue.tools.map((tool) => (allowed.has(address(tool)) ? '1' : '0')).join('');
    const found = known.get(mask) ?? catalogue.tools.filter((tool) => allowed.has(address(tool)));
    known.set(mask, found);
    return found;
  }

  async function notFound(ctx: Ctx, catalogue: Catalogue, wanted: { server: string; tool: string }): Promise<Outcome> {
    const near = nearest(await visibleOf(ctx, catalogue), `${wanted.server} ${wanted.tool}`.slice(0, 200)).map(address);
    const hint = near.length > 0 ? ` Perhaps ${near.join(', ')}?` : '';
    const name = `${wanted.server}.${wanted.tool}`.slice(0, 200);
    return failed('not_found', { code: 'not_found', message: `There is no tool ${name}.${hint}`, data: { near } });
  }

  async function perform(
    ctx: Ctx,
    tool: ToolDescriptor,
    connection: Connection,
    args: Readonly<Record<string, Json>>,
  ): Promise<Outcome> {
    const call = { name: tool.upstreamName, args, inputSchema: tool.inputSchema };
    try {
      return await reach(ctx, connection, async (target, secrets) => {
        const mask = deps.maskSecrets(secrets);
        const make = (of: Ctx): Promise<ToolAnswer> =>
          deps.pool.use(target, secrets, { signal: of.signal }, (session, limits) =>
            session.callTool({ ...call, traceparent: traceparent(of) }, limits),
          );
        const answer = await (deps.trip ? deps.trip(ctx, tool, make) : make(ctx)).catch((error: unknown) => {
          throw error instanceof UpstreamFailure ? masked(error, mask) : error;
        });
        return judge(answer, tool, mask, validators);
      });
    } catch (error) {
      if (error instanceof UpstreamFailure)
        return failed(statusOf(error), { code: error.code, message: error.message });
      // Thousands of lists in lists are well-formed JSON, and more than any stack holds.
      if (error instanceof RangeError) return failed('upstream_failed', { code: 'too_large', message: TOO_DEEP });
      throw error;
    }
  }

  /** Obligations that come before the call; undefined when it may be made. */
  async function stoppedBy(
    ctx: Ctx,
    call: {
      readonly tool: ToolDescriptor;
      /** As the caller has them: what is granted are these. */
      readonly given: Readonly<Record<string, Json>>;
      readonly args: Readonly<Record<string, Json>>;
      readonly obligations: GateObligations;
      readonly facts: CallFacts;
    },
  ): Promise<Outcome | undefined> {
    const { tool, given, args, obligations, facts } = call;
    const { callCap, approval: wanted } = obligations;
    if (callCap !== null && (facts.earlier?.(address(tool)) ?? 0) >= callCap) {
      const message = `Policy allows ${callCap} calls of ${address(tool)} at once: ask it for more in one call.`;
      return failed('denied', { code: 'call_cap', message });
    }
    if (!wanted) return undefined;
    const { approvalId } = facts;
    const leave = (await deps.approvals?.admit(ctx, { tool, args: given, wanted, approvalId })) ?? NOBODY_TO_ASK;
    if (leave.kind === 'granted') return undefined;
    if (leave.kind === 'refused') return failed('denied', { code: leave.code, message: leave.message });
    const message = `${address(tool)} needs a person's approval: ${wanted.reasons.join('; ')}.`;
    return { ...failed('approval_needed', { code: 'approval_needed', message }), whole: args };
  }

  async function outcome(
    ctx: Ctx,
    wanted: { server: string; tool: string },
    given: Readonly<Record<string, Json>>,
    { shield, facts }: { readonly shield: CallShield | undefined; readonly facts: CallFacts },
  ): Promise<{ outcome: Outcome; tool?: ToolDescriptor; decision?: D }> {
    const catalogue = await deps.catalogues.of(ctx);
    const tool = catalogue.find(wanted);
    const connection = tool && catalogue.connections.get(tool.connectionId);
    if (!tool || !connection) return { outcome: await notFound(ctx, catalogue, wanted) };
    const question = {
      server: tool.server,
      tool: tool.name,
      annotations: tool.annotations,
      args: given, // as the caller has it: what a token stands for is on no record of a decision
      purpose: 'call' as const,
    };
    const decision = await deps.decide(ctx, question);
    if (decision.effect === 'deny' && decision.enforced) {
      // What may not be discovered does not exist, to the last byte of the answer; the decision is in the log.
      if (!(await visibleOf(ctx, catalogue)).includes(tool))
        return { outcome: await notFound(ctx, catalogue, wanted), decision };
      const message = decision.reasons.map((reason) => reason.message).join(' ') || 'Policy does not allow this call.';
      const data = { reasons: decision.reasons.map(({ code, message }) => ({ code, message })) };
      return { outcome: failed('denied', { code: 'denied', message, data }), tool, decision };
    }
    const known = { tool, decision };
    if (catalogue.isHeld(tool)) {
      const message = `The definition of ${address(tool)} has changed at its server. An admin has to accept it first.`;
      return { outcome: failed('denied', { code: 'held', message }), ...known };
    }
    const args = shield ? await restored(shield, tool, given) : given;
    const problems = validators.problems(tool.definitionHash, tool.inputSchema, args);
    if (problems.length > 0) {
      const list = problems.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
      const data = { problems: problems.map(({ path, message }) => ({ path, message })) };
      return {
        outcome: failed('invalid_arguments', { code: 'invalid_arguments', message: `${address(tool)}: ${list}`, data }),
        ...known,
      };
    }
    const obligations = decision.enforced ? decision.obligations : NO_OBLIGATIONS;
    const stopped = await stoppedBy(ctx, { tool, given, args, obligations, facts });
    if (stopped) return { outcome: stopped, ...known };
    try {
      const outcome = await perform(ctx, tool, connection, args);
      if (outcome.status === 'ok' && outcome.flags.length === 0) deps.observe?.(ctx, tool, outcome.value);
      return { outcome: obliged(outcome, obligations), ...known };
    } catch (error) {
      // A missing credential, a vault that cannot open it: the caller's way on is the same as with a broken upstream.
      if (!(error instanceof AppError)) throw error;
      return { outcome: failed('upstream_failed', { code: error.code, message: messageOf(error) }), ...known };
    }
  }

  return {
    async call(ctx, wanted, args, facts = {}) {
      const started = performance.now();
      const shield = await deps.shield?.(ctx);
      const { outcome: open, ...known } = await outcome(ctx, wanted, args, { shield, facts });
      const result = shield ? await shielded(shield, open, known.tool ? address(known.tool) : '(unknown tool)') : open;
      return { ...result, ...known, durationMs: Math.round((performance.now() - started) * 1_000) / 1_000 };
    },
    toolsFor: async (ctx) => visibleOf(ctx, await deps.catalogues.of(ctx)),
  };
}

const NOBODY_TO_ASK: Leave = {
  kind: 'refused',
  code: 'approval_needed',
  message: 'This call needs an approval that cannot be asked for here.',
};

function obliged(outcome: Outcome, obligations: GateObligations): Outcome {
  if (outcome.status !== 'ok') return outcome;
  const { value, masked, capped } = fulfil(outcome.value, obligations);
  if (!masked && !capped) return outcome;
  const json = JSON.stringify(value);
  const flags: GatewayFlag[] = [
    ...(masked ? ['fields_masked' as const] : []),
    ...(capped ? ['rows_capped' as const] : []),
    ...outcome.flags,
  ];
  return { ...outcome, value, json, bytes: Buffer.byteLength(json), flags };
}

/** Told within the call, where its secrets are known. */
function masked(failure: UpstreamFailure, mask: (text: string) => string): UpstreamFailure {
  const { code, message, status, cause } = failure;
  return new UpstreamFailure(code, mask(message), { cause, ...(status === undefined ? {} : { status }) });
}

type Outcome =
  | {
      readonly status: 'ok';
      readonly value: Json;
      readonly json: string;
      readonly bytes: number;
      readonly flags: readonly GatewayFlag[];
    }
  | {
      readonly status: GatewayErrorStatus;
      readonly error: GatewayError;
      readonly whole?: Readonly<Record<string, Json>>;
    };

type Failed = Exclude<Outcome, { readonly status: 'ok' }>;
const failed = (status: GatewayErrorStatus, error: GatewayError): Failed => ({ status, error });

function statusOf(failure: UpstreamFailure): GatewayErrorStatus {
  if (failure.code === 'timeout' || failure.code === 'cancelled') return failure.code;
  return 'upstream_failed';
}

/** Masking works on the JSON text, which has to be made anyway to know how large it is. */
function judge(
  answer: ToolAnswer,
  tool: ToolDescriptor,
  mask: (text: string) => string,
  validators: Validators,
): Outcome {
  const masked = (value: Json, text = JSON.stringify(value)): { value: Json; json: string; bytes: number } => {
    const json = mask(text);
    return { value: json === text ? value : (JSON.parse(json) as Json), json, bytes: Buffer.byteLength(json) };
  };
  if (answer.kind === 'error') {
    if (answer.channel === 'json_rpc') {
      const { code, message, data } = answer;
      const detail = { rpcCode: code, ...(data === undefined ? {} : { data: masked(data).value }) };
      return failed('tool_error', { code: 'json_rpc', message: mask(message), data: detail });
    }
    const message = mask(messageOfContent(answer.content, answer.structured));
    const data = answer.structured === undefined ? {} : { data: masked(answer.structured).value };
    return failed('tool_error', { code: 'is_error', message, ...data });
  }
  const unwrapped = unwrap(answer.content, answer.structured);
  const { value, json, bytes } = masked(unwrapped.value, unwrapped.json);
  const broken =
    tool.outputSchema !== undefined &&
    !validators.fits(tool.definitionHash, tool.outputSchema, answer.structured ?? null);
  const flags: GatewayFlag[] = [
    ...(saysError(value) ? ['says_error' as const] : []),
    ...(broken ? ['breaks_output_schema' as const] : []),
  ];
  return { status: 'ok', value, json, bytes, flags };
}

const traceparent = ({ traceId, span }: Ctx): string =>
  `00-${traceId}-${span?.id ?? randomBytes(8).toString('hex')}-${(span?.sampled ?? true) ? '01' : '00'}`;
