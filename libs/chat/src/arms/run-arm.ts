import type { Arm, Ctx, Json } from '@switchyard/kernel';
import { describe, descriptionAsText, type Gateway, type ToolDescriptor } from '@switchyard/tools';
import type { Decision } from '@switchyard/policy';
import type { ChatFlags } from '../experiment.ts';
import type { Model, OnDelta } from '../model/model.ts';
import { promptFor, type Prompt } from '../prompts/prompts.ts';
import { newsOf, textOf, type ChatMessage, type ChatRequest } from '../wire/request.ts';
import {
  createCodeCalls,
  DESCRIBE_TOOLS,
  EXECUTE_CODE,
  SEARCH_TOOLS,
  type AnswerRun,
  type ExecutedCall,
  type Execute,
} from './code-calls.ts';
import { callDirectly, type DirectCall, type WaitedFor } from './direct-calls.ts';
import { answerInTurns, type LoopOutcome } from './loop.ts';
import { nativeTools, type Perform, type Toolset } from './tools.ts';

export interface ArmDeps {
  readonly gateway: Gateway<Decision>;
  readonly execute: Execute;
  /** A tool call that needs an approval is refused where it is missing. */
  readonly approvals?: WaitedFor;
  /** What code may import: the caller's tools, and skills. */
  readonly importables: (ctx: Ctx) => Promise<readonly ToolDescriptor[]>;
  readonly now: () => Date;
}

export interface ArmInput {
  readonly arm: Arm;
  readonly model: Model;
  readonly request: ChatRequest;
  /** The app's messages, with what our tools did in earlier requests put back. */
  readonly messages: readonly ChatMessage[];
  readonly flags: ChatFlags;
  readonly killed: AbortSignal;
  readonly maxMends: number;
  readonly onDelta?: OnDelta | undefined;
  readonly hide: (told: Json) => Promise<Json>;
  readonly onRun: (run: AnswerRun, calls: readonly ExecutedCall[]) => void;
  readonly onCall: (call: DirectCall) => void;
}

export interface ArmOutcome extends LoopOutcome {
  readonly promptVersion: string;
  /** What the traditional way would have offered. */
  readonly visible: readonly ToolDescriptor[];
}

/** A bound on one answer's calls of the model; a code answer needs three or four. */
const MAX_TURNS = 16;

/** Has one arm answer. Throws CodeArmFailure when code cannot do it, AppError when the model cannot. */
export async function runArm(deps: ArmDeps, ctx: Ctx, input: ArmInput): Promise<ArmOutcome> {
  const armCtx: Ctx = { ...ctx, arm: input.arm };
  const visible = await deps.gateway.toolsFor(armCtx);
  const importable = input.arm === 'traditional' ? [] : await deps.importables(armCtx);
  const progressiveDisclosure = input.flags.progressiveDisclosure;
  const prompt = promptFor({
    arm: input.arm,
    progressiveDisclosure,
    declarations: () =>
      descriptionAsText(
        describe(
          importable,
          importable.map(({ server, name }) => `${server}.${name}`),
        ),
      ),
  });

  const taken = new Set((input.request.tools ?? []).flatMap((tool) => tool.function?.name ?? []));
  const about = textOf({ content: newsOf(input.messages).map(textOf).join('\n') });
  const native = input.arm === 'code' ? new Map() : nativeTools(visible, { taken, about });
  const codeTools = [
    ...(progressiveDisclosure || input.arm === 'hybrid' ? [SEARCH_TOOLS, DESCRIBE_TOOLS] : []),
    EXECUTE_CODE,
  ];
  const code = input.arm === 'traditional' ? [] : codeTools;
  const codeNames = new Set(code.map(({ name }) => name));
  const callCode = createCodeCalls({
    tools: importable,
    execute: deps.execute,
    killed: input.killed,
    maxMends: input.maxMends,
    record: input.onRun,
    hide: input.hide,
  });

  const made = new Map<string, Set<object>>();
  const perform: Perform = async (callCtx, call) => {
    if (codeNames.has(call.name)) return callCode(callCtx, call);
    const found = native.get(call.name);
    if (!found)
      return JSON.stringify({ error: { code: 'not_found', message: `There is no tool ${call.name.slice(0, 100)}.` } });
    return callDirectly(callCtx, found.tool, call.arguments, {
      gateway: deps.gateway,
      approvals: deps.approvals,
      made,
      now: deps.now,
      record: input.onCall,
    });
  };
  const tools: Toolset = { offered: [...native.values(), ...code], perform };
  const outcome = await answerInTurns(armCtx, {
    model: input.model,
    request: input.request,
    messages: tools.offered.length === 0 ? input.messages : withPrompt(input.messages, prompt),
    tools,
    onDelta: input.onDelta,
    maxTurns: MAX_TURNS,
  });
  return { ...outcome, promptVersion: prompt.version, visible };
}

/** Ours stands behind the app's own instructions, so that the app's have the first word. */
function withPrompt(messages: readonly ChatMessage[], prompt: Prompt): ChatMessage[] {
  const first = messages.findIndex(({ role }) => role !== 'system' && role !== 'developer');
  const at = first === -1 ? messages.length : first;
  return [...messages.slice(0, at), { role: 'system', content: prompt.text }, ...messages.slice(at)];
}
