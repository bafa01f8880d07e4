import type { CodeFinding } from '../code/diagnostics.ts';

export interface LogLine {
  readonly stream: string;
  readonly text: string;
  readonly at: number;
}

export interface CallLine {
  readonly tool: string;
  readonly status: string;
  readonly durationMs: number;
  readonly tokens: number;
}

/** What `POST /v1/executions` answers at last. */
export interface Answer {
  readonly id: string;
  readonly status: 'done' | 'rejected' | 'failed' | 'limit' | 'crashed';
  readonly result: unknown;
  readonly error: unknown;
  readonly logs: readonly LogLine[];
  readonly findings: readonly CodeFinding[];
  readonly calls: readonly CallLine[];
  readonly durationMs: number;
  readonly tokensReturned: number;
  readonly tokensKeptOut: number;
}

type Fields = Readonly<Record<string, unknown>>;
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const STATUSES = ['done', 'rejected', 'failed', 'limit', 'crashed'] as const;

export const parseLog = (value: unknown): LogLine => {
  const log = fields(value);
  return { stream: text(log.stream), text: text(log.text), at: number(log.at) };
};

export const parseCall = (value: unknown): CallLine => {
  const call = fields(value);
  return {
    tool: text(call.tool),
    status: text(call.status),
    durationMs: number(call.durationMs),
    tokens: number(call.tokens),
  };
};

function parseFinding(value: unknown): CodeFinding {
  const finding = fields(value);
  return {
    stage: text(finding.stage),
    code: text(finding.code),
    message: text(finding.message),
    line: number(finding.line),
    column: number(finding.column),
    hint: text(finding.hint),
    severity: text(finding.severity) || 'error',
  };
}

export function parseAnswer(value: unknown): Answer {
  const answer = fields(value);
  const usage = fields(answer.usage);
  const tokens = fields(usage.tokens);
  return {
    id: text(answer.id),
    status: STATUSES.find((status) => status === answer.status) ?? 'crashed',
    result: answer.result,
    error: answer.error,
    logs: list(answer.logs).map(parseLog),
    findings: list(answer.findings).map(parseFinding),
    calls: list(answer.calls).map(parseCall),
    durationMs: number(usage.durationMs),
    tokensReturned: number(tokens.returned),
    tokensKeptOut: number(tokens.keptOut),
  };
}
