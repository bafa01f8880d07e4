import { formatBytes, formatCount, formatDuration, plural } from '../../format.ts';
import type { Run } from './queries.ts';

export const RUN_STATUSES = [
  { value: 'running', label: 'Running' },
  { value: 'awaiting_approval', label: 'Waits for approval' },
  { value: 'done', label: 'Done' },
  { value: 'rejected', label: 'Rejected' },
  { value: 'failed', label: 'Failed' },
  { value: 'limit', label: 'Limit' },
  { value: 'crashed', label: 'Crashed' },
] as const;

export const SURFACES = [
  { value: 'playground', label: 'Playground' },
  { value: 'rest', label: 'REST API' },
  { value: 'mcp', label: 'MCP client' },
  { value: 'chat', label: 'Chat' },
  { value: 'shadow', label: 'Shadow run' },
  { value: 'cli', label: 'Command line' },
  { value: 'console', label: 'Console' },
  { value: 'system', label: 'The product itself' },
] as const;

export const surfaceLabel = (surface: string): string =>
  SURFACES.find((each) => each.value === surface)?.label ?? surface;

export interface RunError {
  readonly title: string;
  readonly message: string;
  readonly stack?: string;
  /** Where in the code as it was sent, from 1. */
  readonly line?: number;
  readonly column?: number;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const positive = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;

/** The error of a run: `{ name, message, stack }` of failed, `{ limit, message }` of limit, `{ reason }` of crashed. */
export function parseRunError(error: unknown): RunError | undefined {
  if (!isRecord(error)) return undefined;
  const stack = text(error.stack);
  const place = /user\.ts:(\d+)(?::(\d+))?/.exec(stack ?? '');
  const line = positive(error.line) ?? positive(Number(place?.[1]));
  const column = positive(error.column) ?? positive(Number(place?.[2]));
  return {
    title: text(error.name) ?? text(error.limit) ?? 'Error',
    message: text(error.message) ?? text(error.reason) ?? JSON.stringify(error),
    ...(stack === undefined ? {} : { stack }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}

type Outcome = Pick<Run, 'status' | 'findings' | 'deniedCount' | 'resultBytes'>;

/** What happened, in a sentence that a person who does not write code understands. */
export function outcomeInWords(run: Outcome, error: RunError | undefined): string {
  const denied = run.deniedCount === 0 ? '' : ` Policy stopped ${plural(run.deniedCount, 'call')} on the way.`;
  switch (run.status) {
    case 'running':
      return 'It is running now. This page follows it.';
    case 'awaiting_approval':
      return 'It stands still until a person has decided on one of its calls. Then it goes on by itself.';
    case 'done':
      return `The code ran to its end and gave back ${formatBytes(run.resultBytes)}.${denied}`;
    case 'rejected':
      return `The code was refused before it ran: ${plural(run.findings.length, 'finding')} below. Nothing was called.`;
    case 'failed':
      return `The code stopped with an error of its own.${denied}`;
    case 'limit':
      return `The run was stopped because it went over a limit${error ? ` (${error.title})` : ''}.${denied}`;
    case 'crashed':
      return `The sandbox broke; the code need not be at fault.${denied}`;
  }
}

const LIMITS: Readonly<Record<string, string>> = {
  calls: 'Tool calls',
  ownTimeMs: 'Own time, calls not counted',
  timeMs: 'Own time, calls not counted',
  totalMs: 'Time in all',
  memoryBytes: 'Memory',
  resultBytes: 'Result',
  logBytes: 'Logs',
  tier: 'Process',
};

const TIERS: Readonly<Record<string, string>> = {
  strict: 'Its own',
  session: "Shared with the caller's runs of this conversation",
};

/** A run's limits with names and units: the suffix of a field tells the unit. */
export function limitsInWords(limits: unknown): readonly (readonly [name: string, value: string])[] {
  if (!isRecord(limits)) return [];
  return Object.entries(limits).map(([name, value]) => {
    const shown =
      typeof value !== 'number'
        ? (TIERS[String(value)] ?? JSON.stringify(value))
        : name.endsWith('Ms')
          ? formatDuration(value)
          : name.endsWith('Bytes')
            ? formatBytes(value)
            : formatCount(value);
    return [LIMITS[name] ?? name, shown];
  });
}
