import { AppError } from '@switchyard/kernel';
import type { ToolDescriptor } from '../catalog/descriptor.ts';
import { rank } from './search.ts';

export const DETAIL_LEVELS = ['name_only', 'with_description', 'full'] as const;
export type DetailLevel = (typeof DETAIL_LEVELS)[number];

export const isDetailLevel = (text: unknown): text is DetailLevel => DETAIL_LEVELS.some((level) => level === text);

/** A tool as the HTTP API and the sandbox show it. */
export interface ToolView {
  readonly server: string;
  readonly name: string;
  readonly path: string;
  readonly description?: string;
  readonly declaration?: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
}

export interface ToolList {
  readonly tools: readonly ToolView[];
  /** How many there are in all; more than are given when `next` is set. */
  readonly total: number;
  /** Where the next part begins; null at the end. */
  readonly next: string | null;
}

export interface Category {
  readonly name: string;
  readonly count: number;
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 200;

export function view(tool: ToolDescriptor, detailLevel: DetailLevel): ToolView {
  const named = { server: tool.server, name: tool.name, path: tool.path };
  switch (detailLevel) {
    case 'name_only':
      return named;
    case 'with_description':
      return { ...named, description: tool.description };
    case 'full':
      return {
        ...named,
        description: tool.description,
        declaration: tool.learned?.declaration ?? tool.declaration,
        inputSchema: tool.inputSchema,
        ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
      };
  }
}

const clamp = (limit: number | undefined, fallback: number): number =>
  Math.max(1, Math.min(MAX_LIMIT, Math.trunc(limit ?? fallback) || fallback));

/** Cursors are positions in a list whose order is fixed; anything else is refused, not guessed at. */
function position(cursor: string | null | undefined): number {
  if (cursor == null || cursor === '') return 0;
  const decoded = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,6}$/.test(decoded))
    throw new AppError('unprocessable', 'The cursor is not one of ours: leave it out.', { path: 'cursor' });
  return Number(decoded);
}

function part(found: readonly ToolDescriptor[], detailLevel: DetailLevel, start: number, limit: number): ToolList {
  const end = start + limit;
  return {
    tools: found.slice(start, end).map((tool) => view(tool, detailLevel)),
    total: found.length,
    next: end < found.length ? Buffer.from(String(end)).toString('base64url') : null,
  };
}

export interface SearchInput {
  readonly query: string;
  readonly detailLevel?: DetailLevel;
  /** At most 200; 10 by default. */
  readonly limit?: number;
  readonly cursor?: string | null;
}

export function search(tools: readonly ToolDescriptor[], input: SearchInput): ToolList {
  const found = rank(tools, input.query);
  return part(
    found,
    input.detailLevel ?? 'with_description',
    position(input.cursor),
    clamp(input.limit, DEFAULT_LIMIT),
  );
}

export function listCategories(tools: readonly ToolDescriptor[]): Category[] {
  const counts = new Map<string, number>();
  for (const tool of tools) counts.set(tool.category, (counts.get(tool.category) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export interface ListInput {
  readonly category?: string;
  readonly detailLevel?: DetailLevel;
  /** At most 200; 50 by default. */
  readonly limit?: number;
  readonly cursor?: string | null;
}

export function listTools(tools: readonly ToolDescriptor[], input: ListInput = {}): ToolList {
  const { category } = input;
  const found =
    category === undefined ? tools : tools.filter((tool) => tool.category === category || tool.server === category);
  return part(found, input.detailLevel ?? 'name_only', position(input.cursor), clamp(input.limit, 50));
}

export interface Description {
  readonly tools: readonly ToolView[];
  /** Names that mean nothing, or several tools, each with what was perhaps meant. */
  readonly unknown: readonly { readonly name: string; readonly near: readonly string[] }[];
}

/** Takes `server/name`, `server.name`, a path, or a bare name that only one server has. */
export function describe(tools: readonly ToolDescriptor[], names: readonly string[]): Description {
  const found = new Map<string, ToolDescriptor>();
  const unknown: { name: string; near: string[] }[] = [];
  for (const name of names.slice(0, MAX_LIMIT)) {
    const matching = resolve(tools, name);
    const [only] = matching;
    if (only && matching.length === 1) found.set(only.path, only);
    else unknown.push({ name, near: (matching.length > 1 ? matching : nearest(tools, name)).map(address) });
  }
  return { tools: [...found.values()].map((tool) => view(tool, 'full')), unknown };
}

export const address = (tool: { readonly server: string; readonly name: string }): string =>
  `${tool.server}.${tool.name}`;

function resolve(tools: readonly ToolDescriptor[], name: string): ToolDescriptor[] {
  const plain = name
    .trim()
    .replace(/^(\.\/)?servers\//, '')
    .replace(/\.ts$/, '');
  const [, server, tool] = /^([^/.]+)[/.](.+)$/.exec(plain) ?? [];
  if (server === undefined) return tools.filter((one) => one.name === plain || one.upstreamName === plain);
  return tools.filter((one) => one.server === server && (one.name === tool || one.upstreamName === tool));
}

/** What somebody who wrote `name` may have meant. */
export const nearest = (tools: readonly ToolDescriptor[], name: string, limit = 3): ToolDescriptor[] =>
  rank(tools, name.replace(/[/.]/g, ' ') || '-').slice(0, limit);
