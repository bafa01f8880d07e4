import { SourceMap, stripTypeScriptTypes } from 'node:module';
import { z } from 'zod';

const mapSchema = z.object({
  version: z.number(),
  sources: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
});

const MARK = '\n\n//# sourceMappingURL=data:application/json;base64,';

export type Stripped = {
  readonly script: string;
  /** null: every line is where it was. */ readonly lineMap: readonly number[] | null;
};

// Not `instanceof Error`: under a test runner the error is made in another realm.
const isUnsupported = (thrown: unknown): boolean =>
  typeof thrown === 'object' &&
  thrown !== null &&
  'code' in thrown &&
  thrown.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';

/** TypeScript to JavaScript. Types are blanked in place; enums, namespaces and parameter properties need a rewrite. */
export function stripTypes(source: string): Stripped {
  try {
    return { script: stripTypeScriptTypes(source), lineMap: null };
  } catch (thrown) {
    if (!isUnsupported(thrown)) throw thrown;
  }
  const rewritten = stripTypeScriptTypes(source, { mode: 'transform', sourceMap: true });
  const cut = rewritten.lastIndexOf(MARK);
  const script = rewritten.slice(0, cut);
  const encoded = Buffer.from(rewritten.slice(cut + MARK.length).trim(), 'base64').toString();
  const parsed = mapSchema.parse(JSON.parse(encoded));
  const map = new SourceMap({ ...parsed, file: '', sourcesContent: [], sourceRoot: '' });
  const lineMap = script.split('\n').map((line, index) => {
    const entry = map.findEntry(index, startOfCode(line));
    return 'originalLine' in entry ? entry.originalLine : 0; // counted from 0 with the head line, so from 1 without it
  });
  return { script, lineMap };
}

/** Where the code of a line begins: a comment that ends there is mapped to lines of its own. */
const startOfCode = (line: string): number => /^(?:.*\*\/)?\s*/.exec(line)?.[0].length ?? 0;
