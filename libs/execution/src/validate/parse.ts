import { parseSync, type OxcError, type Program } from 'oxc-parser';
import type { Finding } from '../outcome.ts';
import { SourceText } from './source-text.ts';
import type { WholeCode } from './whole.ts';

/**
 * Largest code that is looked at, and how dense it may be. Not taste but safety: the parser is native and recursive, and
 * about 5,000 brackets or 11,000 arrows in one another overflow its stack, which ends the whole process. Counting them
 * in the raw text needs no lexer that could be fooled. Ordinary code comes to about 1,000 in 10 kB.
 */
export const SOURCE_CAP_BYTES = 64 * 1024;
export const DENSITY_CAP = 7_500;
const WEIGHTS: ReadonlyMap<number, number> = new Map(
  ['(', '[', '{', '<', '=', '?'].map((sign) => [sign.charCodeAt(0), sign === '=' || sign === '?' ? 1 : 3]),
);
/** The type stripper is WebAssembly; more depth than about 800 corrupts it for good, for everybody. */
export const DEPTH_CAP = 400;

const refuse = (code: WholeCode, message: string, hint: string, line = 1, column = 1): Finding => ({
  stage: 'whole',
  code,
  message,
  hint,
  line,
  column,
  severity: 'error',
});

/** Refuses text that must not reach the parser. */
export function guardSource(code: string): Finding | null {
  const bytes = Buffer.byteLength(code);
  if (bytes > SOURCE_CAP_BYTES)
    return refuse(
      'too-large',
      `The code has ${bytes} bytes; ${SOURCE_CAP_BYTES} are allowed.`,
      'Do not paste data into code: fetch it with a tool and work on it there.',
    );
  let density = 0;
  for (let at = 0; at < code.length; at++) density += WEIGHTS.get(code.charCodeAt(at)) ?? 0;
  if (density > DENSITY_CAP)
    return refuse(
      'too-dense',
      'The code has too many brackets and operators to be read safely.',
      'Do not paste data into code: fetch it with a tool, or split the work over several runs.',
    );
  return null;
}

const isReturnOutside = (error: OxcError): boolean => error.message.startsWith("A 'return' statement can only be used");
const isWith = (error: OxcError): boolean => error.message.startsWith("'with' statements");

export type Parsed = { program: Program; text: SourceText; findings: Finding[] };

/** Depth of the tree, brackets and operator chains alike; stops counting above the cap. */
export function treeDepth(root: unknown): number {
  let deepest = 0;
  const stack: [unknown, number][] = [[root, 0]];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [node, depth] = next;
    if (depth > deepest) deepest = depth;
    if (deepest > DEPTH_CAP) return deepest;
    if (Array.isArray(node)) for (const child of node) stack.push([child, depth]);
    else if (node !== null && typeof node === 'object')
      for (const child of Object.values(node))
        if (child !== null && typeof child === 'object') stack.push([child, depth + 1]);
  }
  return deepest;
}

/** TypeScript module in, tree and syntax findings out. `return` at the top is allowed. Call `guardSource` first. */
export function parseModule(code: string): Parsed {
  const text = new SourceText(code);
  const result = parseSync('user.ts', code, { sourceType: 'module', lang: 'ts', showSemanticErrors: true });
  const findings = result.errors
    .filter((error) => error.severity === 'Error' && !isReturnOutside(error) && !isWith(error))
    .map((error): Finding => {
      // Several labels: where it opened or was declared first, and where it went wrong, which is the later place.
      const at = Math.max(0, ...error.labels.map((label) => label.start));
      return {
        stage: 'syntax',
        code: 'syntax',
        message: error.message,
        ...text.position(at),
        hint: error.helpMessage ?? 'Correct the syntax; the code must be one TypeScript module.',
        severity: 'error',
      };
    });
  const { program } = result;
  if (treeDepth(program) > DEPTH_CAP)
    findings.push(
      refuse(
        'too-deep',
        `The code is nested more than ${DEPTH_CAP} levels deep.`,
        'Name parts of it and use the names.',
      ),
    );
  return { program, text, findings };
}
