import type { Diagnostic } from '@codemirror/lint';
import type { Text } from '@codemirror/state';

/** A finding of validation, or an error at run time; line and column from 1. */
export interface CodeFinding {
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly hint?: string | null;
  readonly severity?: string;
}

/** Underlines the word at which a finding points, or the whole line when it points at none. */
export function diagnosticsOf(text: Text, findings: readonly CodeFinding[]): Diagnostic[] {
  return findings
    .filter((finding) => finding.line >= 1 && finding.line <= text.lines)
    .map((finding) => {
      const line = text.line(finding.line);
      const start = Math.min(line.from + Math.max(finding.column - 1, 0), line.to);
      const word = /^(['"`]).*?\1|^[\w$.]+|^\S/.exec(text.sliceString(start, line.to))?.[0].length ?? 0;
      const whole = word === 0;
      return {
        from: whole ? line.from : start,
        to: whole ? line.to : start + word,
        severity:
          finding.severity === 'warning'
            ? ('warning' as const)
            : finding.severity === 'info'
              ? ('info' as const)
              : ('error' as const),
        source: `${finding.stage} · ${finding.code}`,
        message: finding.hint ? `${finding.message}\n${finding.hint}` : finding.message,
      };
    })
    .sort((one, other) => one.from - other.from);
}
