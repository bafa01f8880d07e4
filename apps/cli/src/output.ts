import { AppError, messageOf } from '@switchyard/kernel';

/** Prints a result: as JSON with `--json`, else as the given text. */
export function print(value: unknown, text: string, json: boolean | undefined): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`);
}

/** Rows under headings, each column as wide as its widest cell. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(headings), ...rows.map(line)].join('\n');
}

/** What commander says of a wrong command line, in the form of every other error. */
export function usageError(text: string, json: boolean): string {
  const message = `${text.replace(/^error: /, '').trim()}. --help shows how it is used.`;
  return `${json ? JSON.stringify({ error: { code: 'invalid_request', message, details: {} } }) : `switchyard: ${message}`}\n`;
}

/** Ends the command with what went wrong, in words, and the exit code 1. */
export function fail(error: unknown, json: boolean): never {
  const code = error instanceof AppError ? error.code : 'failed';
  const details = error instanceof AppError ? error.details : {};
  const body = { error: { code, message: messageOf(error), details } };
  process.stderr.write(`${json ? JSON.stringify(body) : `switchyard: ${messageOf(error)}`}\n`);
  process.exit(1);
}
