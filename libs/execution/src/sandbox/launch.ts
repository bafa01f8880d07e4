/** How to start one sandbox process; made by the wall for given limits. */
export type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

export type ProcessLimits = {
  /** Memory beyond that of an idle sandbox. */
  readonly memoryBytes: number;
  /** The kernel ends a process that burns more CPU than this, whatever the host does. */
  readonly cpuSeconds: number;
};

export type LayerName =
  'process' | 'rlimits' | 'no-new-privileges' | 'own-user' | 'namespaces' | 'filesystem' | 'dies-with-executor';
/** One layer of the wall, and whether it stands on this machine. */
export type WallLayer = { readonly name: LayerName; readonly standing: boolean; readonly detail: string };
export type WallReport = { readonly layers: readonly WallLayer[] };
