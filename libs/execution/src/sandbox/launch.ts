import type { Readable, Writable } from 'node:stream';

/** How to start one sandbox process; made by the wall for given limits. */
export type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The room to start it in; without one it is a child of this process. */
  readonly room?: { start(launch: Launch): Promise<Spawned> };
  readonly limits?: KernelLimits;
};

export type ProcessLimits = {
  /** Memory beyond that of an idle sandbox. */
  readonly memoryBytes: number;
  /** The kernel ends a process that burns more CPU than this, whatever the host does. */
  readonly cpuSeconds: number;
};

/** What the kernel holds a process to; the room sets them itself. */
export type KernelLimits = { readonly dataBytes: number; readonly cpuSeconds: number };

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string };

/** A process under way, as the host sees it. */
export interface Spawned {
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves once the process is gone and its pipes are closed. */
  readonly gone: Promise<Exit>;
  /** As this machine numbers the sandbox itself, whatever wraps it; 0 where that cannot be known. */
  pid(): number;
  /** SIGKILL; `gone` tells when it has come to that. */
  kill(): void;
}

export const LAYERS = [
  'process',
  'rlimits',
  'no-new-privileges',
  'own-user',
  'namespaces',
  'filesystem',
  'system-calls',
  'dies-with-executor',
] as const;
export type LayerName = (typeof LAYERS)[number];
/** One layer of the wall, and whether it stands on this machine. */
export type WallLayer = { readonly name: LayerName; readonly standing: boolean; readonly detail: string };
export type WallReport = { readonly layers: readonly WallLayer[] };
