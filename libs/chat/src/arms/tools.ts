import { createHash } from 'node:crypto';
import type { Ctx } from '@switchyard/kernel';
import { search, type ToolDescriptor } from '@switchyard/tools';

/** A tool of ours as the model is offered it. */
export interface OfferedTool {
  readonly name: string;
  /** As it goes into the request. */
  readonly definition: Readonly<Record<string, unknown>>;
}

/** What goes back to the model of a call, and what is told of it besides. */
export type Perform = (ctx: Ctx, call: { readonly name: string; readonly arguments: string }) => Promise<string>;

/** The tools of one answer: what is offered, and how a call is carried out. */
export interface Toolset {
  readonly offered: readonly OfferedTool[];
  readonly perform: Perform;
}

/** OpenAI's bound for one request, the app's own tools included. */
const MOST_TOOLS = 128;
const LONGEST_NAME = 64;

/** `server__tool`, in the letters and the length that OpenAI allows; cut ones end in a hash so that they stay apart. */
export function functionNameOf({ server, name }: Pick<ToolDescriptor, 'server' | 'name'>): string {
  const full = `${server}__${name}`.replace(/[^A-Za-z0-9_-]/g, '_');
  if (full.length <= LONGEST_NAME) return full;
  const hash = createHash('sha256').update(`${server}.${name}`).digest('hex').slice(0, 8);
  return `${full.slice(0, LONGEST_NAME - 9)}_${hash}`;
}

/** The tools of a catalogue as native definitions, by the name that the model calls. */
export function nativeTools(
  tools: readonly ToolDescriptor[],
  { taken, about }: { readonly taken: ReadonlySet<string>; readonly about: string },
): ReadonlyMap<string, OfferedTool & { readonly tool: ToolDescriptor }> {
  const room = Math.max(0, MOST_TOOLS - taken.size);
  const fitting = tools.length <= room ? tools : bestFitting(tools, about, room);
  return new Map(
    fitting.flatMap((tool) => {
      const name = functionNameOf(tool);
      if (taken.has(name)) return []; // the app's own tool of that name is meant
      const definition = {
        type: 'function',
        function: { name, description: tool.description.slice(0, 1_024), parameters: tool.inputSchema },
      };
      return [[name, { name, definition, tool }] as const];
    }),
  );
}

/** More tools than a request can hold: those that fit what was asked best, then the others in their order. */
function bestFitting(tools: readonly ToolDescriptor[], about: string, room: number): readonly ToolDescriptor[] {
  const paths = search(tools, { query: about, detailLevel: 'name_only', limit: room }).tools.map(({ path }) => path);
  const first = tools.filter(({ path }) => paths.includes(path));
  return [...first, ...tools.filter((tool) => !first.includes(tool))].slice(0, room);
}
