import type { Finding } from '@switchyard/execution';
import { countTokens } from '@switchyard/ledger';
import type { Recorder } from './recorder.ts';
import type { RunError } from './run-answer.ts';

/** What the model reads of a run: its result or what went wrong, and its logs. */
export function returnedTokens(
  json: string,
  findings: readonly Finding[],
  error: RunError | null,
  recorder: Recorder,
): number {
  const wrong = [...(findings.length > 0 ? [findings] : []), ...(error ? [error] : [])].map((part) =>
    JSON.stringify(part),
  );
  const text = [json, ...wrong, ...recorder.logs.map((line) => line.text)].filter(Boolean).join('\n');
  return text ? countTokens(text).tokens : 0;
}
