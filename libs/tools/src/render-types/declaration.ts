import { createHash } from 'node:crypto';
import { messageOf } from '@switchyard/kernel';
import { comment, normalise, type Schema } from './normalise.ts';

export interface DeclarationInput {
  readonly functionName: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly outputSchema?: Schema | undefined;
}

interface TypeText {
  /** What stands before the function; empty where `name` is a built-in. */
  readonly text: string;
  readonly name: string;
}

const MAX_FUNCTION_DOC = 2_000;
const OPTIONS = {
  bannerComment: '',
  additionalProperties: false,
  format: false,
  maxItems: 4,
  unknownAny: true,
  // Nothing is ever read from a file or fetched, whatever the schema says; normalise has taken such references out too.
  $refOptions: { resolve: { external: false, file: false, http: false } },
} as const;

/** As the compiler would write it, so that it keeps it: words in capitals, nothing but letters and digits. */
const typeName = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) =>
      word.replace(/(^|[0-9])([a-z])/g, (_match, digit: string, letter: string) => digit + letter.toUpperCase()),
    )
    .join('')
    .replace(/^(?=[0-9]|$)/, 'T');

/** The names that a declaration gives to types. */
export const typeNames = (declaration: string): string[] =>
  [...declaration.matchAll(/^export (?:interface|type) (\w+)/gm)].map((match) => match[1] ?? '');

/**
 * The self-contained TypeScript of one tool. Its types carry the function's name, so that a server's declarations stand
 * in one file; where a schema cannot be compiled the type is wide and a comment says why.
 */
export async function renderDeclaration(
  tool: DeclarationInput,
  takenTypes: ReadonlySet<string> = new Set(),
): Promise<string> {
  const plain = typeName(tool.functionName);
  const rendered = await renderWith(tool, plain);
  if (!typeNames(rendered).some((name) => takenTypes.has(name))) return rendered;
  const digest = createHash('sha256').update(tool.functionName).digest('hex').slice(0, 6).toUpperCase();
  return renderWith(tool, `${plain}T${digest}`);
}

async function renderWith(tool: DeclarationInput, prefix: string): Promise<string> {
  const input = await renderType(tool.inputSchema, `${prefix}Input`, 'Record<string, unknown>');
  const output = tool.outputSchema
    ? await renderType(tool.outputSchema, `${prefix}Output`, 'unknown')
    : { text: '', name: 'unknown' };
  const optional = canBeLeftOut(tool.inputSchema) ? '?' : '';
  const doc = comment(tool.description, MAX_FUNCTION_DOC);
  return [
    ...(doc === '' ? [] : [`/** ${doc} */`]),
    `export declare function ${tool.functionName}(input${optional}: ${input.name}): Promise<${output.name}>;`,
    input.text,
    output.text,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

const canBeLeftOut = (schema: Schema): boolean => {
  const required = schema['required'];
  const alternatives = ['anyOf', 'oneOf', 'allOf', '$ref'].some((key) => key in schema);
  return !alternatives && (!Array.isArray(required) || required.length === 0);
};

async function renderType(raw: Schema, name: string, wide: string): Promise<TypeText> {
  const { schema, losses } = normalise(raw);
  const note = losses.length > 0 ? `// ${losses.join('; ')}\n` : '';
  const says = ['properties', 'anyOf', 'oneOf', 'allOf', '$ref', 'items', 'enum', 'const', 'patternProperties'];
  if (schema['type'] === 'object' && !says.some((key) => isFilled(schema[key]))) {
    const { additionalProperties } = schema;
    const free = additionalProperties === true || (additionalProperties === undefined && wide === 'unknown');
    if (typeof additionalProperties !== 'object')
      return { text: note.trimEnd(), name: free ? 'Record<string, unknown>' : 'Record<string, never>' };
  }
  try {
    const { compile } = await import('json-schema-to-typescript'); // 200 ms, which no command line should wait for
    const text = await compile(schema as never, name, {
      ...OPTIONS,
      // Definitions get the function's name in front; the root already bears it.
      customName: (inner, key) => {
        const own = key ?? inner.$id;
        return own === undefined || own === name ? own : `${name}${typeName(own)}`;
      },
    });
    if (!typeNames(text).includes(name)) throw new Error('the compiler gave it no name');
    return { text: note + layOut(text), name };
  } catch (error) {
    const reason = comment(messageOf(error), 120);
    return { text: `${note}// ${name} could not be made from its schema: ${reason}`, name: wide };
  }
}

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value !== undefined;

/** Two spaces per level and doc comments on one line: half the tokens of the compiler's own layout. */
function layOut(text: string): string {
  const joined = text.replace(/\/\*\*\s*\n([\s\S]*?)\*\//g, (_match, body: string) => {
    const lines = body.split('\n').map((line) => line.replace(/^\s*\*\s?/, '').trim());
    return `/** ${lines.filter((line) => line !== '').join(' ')} */`;
  });
  const opened: number[] = []; // the line on which each open bracket stands
  return joined
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line, number) => {
      const code = line.startsWith('/**') ? '' : line.replace(/"(?:[^"\\]|\\.)*"/g, '');
      const closing = /^[}\])]*/.exec(code)?.[0].length ?? 0;
      const depth = new Set(opened.slice(0, opened.length - closing)).size;
      for (const bracket of code.match(/[{}()[\]]/g) ?? []) {
        if ('{(['.includes(bracket)) opened.push(number);
        else opened.pop();
      }
      return '  '.repeat(depth) + line;
    })
    .join('\n');
}
