import { shapeSchema, typeOfShape } from './shape.ts';

const MAX_TYPE_CHARS = 1_500;
const DEPTHS = [8, 6, 4, 3, 2, 1];

/**
 * The declaration of a tool without an output schema, with what its results looked like in the place of `unknown`; the
 * same where nothing is known. It says so itself, because nobody promises it.
 */
export function withLearnedOutput(
  declaration: string,
  functionName: string,
  learned: { shape: unknown; samples: number },
): string {
  const shape = shapeSchema.safeParse(learned.shape).data;
  const start = declaration.indexOf(`export declare function ${functionName}(`);
  const open = '): Promise<unknown>;';
  const at = start < 0 ? -1 : declaration.indexOf(open, start);
  if (!shape || at < 0) return declaration;
  const types = DEPTHS.map((depth) => typeOfShape(shape, depth));
  const type = types.find((text) => text.length <= MAX_TYPE_CHARS);
  if (type === undefined || type === 'unknown') return declaration;
  return `${declaration.slice(0, at)}): Promise<${type}>; // learned from results, promised by nobody${declaration.slice(at + open.length)}`;
}
