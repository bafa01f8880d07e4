import { createHash } from 'node:crypto';
import { canonicalJson, type ConnectionId, type Json, type ToolId } from '@switchyard/kernel';
import type { Annotations, ListedTool } from '../upstream/list-tools.ts';

/** A tool as everything but its upstream sees it: pinned, named, typed. */
export interface ToolDescriptor {
  readonly id: ToolId;
  readonly connectionId: ConnectionId;
  /** The server's name in code and in grants. */
  readonly server: string;
  /** The tool's name in code and in grants. */
  readonly name: string;
  readonly upstreamName: string;
  /** `servers/<server>/<name>.ts` */
  readonly path: string;
  readonly title?: string;
  readonly description: string;
  readonly category: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations: Annotations;
  readonly definitionHash: string;
  /** From the pinned schemas alone: what code may be checked against. */
  readonly declaration: string;
  /** As it is shown, where results have told more than the schemas; it is no promise. */
  readonly learned?: { readonly declaration: string; readonly samples: number };
}

/** What an admin has accepted, and what the hash is taken over. */
export interface Definition {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations: Annotations;
}

export const definitionOf = (tool: ListedTool): Definition => ({
  name: tool.name,
  ...(tool.title === undefined ? {} : { title: tool.title }),
  description: tool.description,
  inputSchema: tool.inputSchema,
  ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
  annotations: tool.annotations,
});

/** Hex SHA-256 over all that a model or a policy reads of a tool: any change of it is a change of the tool. */
export const definitionHash = (definition: Definition): string =>
  createHash('sha256').update(canonicalJson(definition)).digest('hex');

export const toolPath = (server: string, name: string): string => `servers/${server}/${name}.ts`;

/** For columns of type JSON. */
export const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
