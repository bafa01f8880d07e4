export type Schema = Readonly<Record<string, unknown>>;

/** Beyond these a schema costs more to read than it helps; what is cut becomes `unknown`. */
export const RENDER_BOUNDS = { depth: 24, nodes: 4_000 } as const;
const MAX_DOC = 600;

/** Keywords whose value is a schema, a list of schemas, or a map of schemas; everything else is data. */
const ONE = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else']);
const LIST = new Set(['oneOf', 'anyOf', 'allOf', 'prefixItems']);
const MAP = new Set(['properties', 'patternProperties', '$defs', 'definitions']);
const KEPT = new Set([
  'type',
  'enum',
  'const',
  'required',
  'description',
  'minItems',
  'maxItems',
  'nullable',
  'default',
  'format',
  'deprecated',
]);

const isSchema = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export interface Normalised {
  readonly schema: Record<string, unknown>;
  /** What could not be kept, in words for a comment; empty as a rule. */
  readonly losses: readonly string[];
}

/**
 * A copy of an untrusted JSON Schema (2020-12 and older drafts) that the type compiler may be given: nothing that names,
 * identifies or fetches, only references into the schema itself, bounded in depth and size. Titles are dropped because
 * they would name types; the rest of the vocabulary because it says nothing about types.
 */
export function normalise(root: Schema): Normalised {
  const losses = new Set<string>();
  let nodes = 0;

  function visit(schema: unknown, depth: number): unknown {
    if (schema === true) return {};
    if (schema === false) return { not: {} };
    if (!isSchema(schema)) return {};
    if (++nodes > RENDER_BOUNDS.nodes || depth > RENDER_BOUNDS.depth) {
      losses.add('parts beyond the bounds of depth or size are unknown');
      return {};
    }
    if (typeof schema['$ref'] === 'string') return reference(schema, depth);
    const result: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(schema)) {
      if (KEPT.has(key)) result[key] = value;
      else if (key === 'items' && Array.isArray(value)) result[key] = value.map((inner) => visit(inner, depth + 1));
      else if (key === 'additionalProperties' && typeof value === 'boolean') result[key] = value;
      else if (ONE.has(key) && key !== 'not') result[key] = visit(value, depth + 1);
      else if (LIST.has(key) && Array.isArray(value)) result[key] = value.map((inner) => visit(inner, depth + 1));
      else if (MAP.has(key) && isSchema(value)) result[key] = entries(value, depth);
      else if (key === '$dynamicRef') losses.add('a dynamic reference is unknown');
    }
    return finish(result);
  }

  function entries(map: Record<string, unknown>, depth: number): Record<string, unknown> {
    return Object.fromEntries(Object.entries(map).map(([name, inner]) => [name, visit(inner, depth + 1)]));
  }

  function reference(schema: Record<string, unknown>, depth: number): unknown {
    const target = String(schema['$ref']);
    const found = pointer(root, target);
    if (found === undefined) {
      losses.add(`the reference ${target.slice(0, 80)} leads outside of the schema and is not followed`);
      return doc(schema);
    }
    const { $ref: _ref, ...siblings } = schema;
    const beside = Object.keys(siblings).filter(
      (key) => !['description', 'title', '$comment', 'default'].includes(key),
    );
    // 2020-12 lets keywords stand beside a reference.
    return beside.length === 0
      ? { $ref: target, ...doc(schema) }
      : { allOf: [{ $ref: target }, visit(siblings, depth + 1)] };
  }

  const schema = visit(root, 0) as Record<string, unknown>;
  return { schema, losses: [...losses] };
}

/** Follows a JSON pointer of the same document; undefined for all else, remote ones and anchors included. */
function pointer(root: Schema, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let current: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    let key = part;
    try {
      key = decodeURIComponent(part);
    } catch {
      // a literal per cent sign
    }
    key = key.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(current)) current = current[Number(key)];
    else if (isSchema(current) && Object.hasOwn(current, key)) current = current[key];
    else return undefined;
  }
  return current;
}

const doc = (schema: Record<string, unknown>): Record<string, unknown> =>
  typeof schema['description'] === 'string' ? { description: comment(schema['description']) } : {};

/** What the compiler does not know: nullable, prefixItems, defaults (a model wants to know them). */
function finish(schema: Record<string, unknown>): Record<string, unknown> {
  const { nullable, prefixItems, default: fallback, format, deprecated, description, ...rest } = schema;
  const notes = [
    typeof description === 'string' ? comment(description) : '',
    deprecated === true ? '@deprecated' : '',
    typeof format === 'string' && rest['type'] === 'string' ? `Format: ${format}.` : '',
    isScalar(fallback) ? `Default: ${JSON.stringify(fallback)}.` : '',
  ].filter((note) => note !== '');
  const result: Record<string, unknown> = {
    ...rest,
    ...(notes.length > 0 ? { description: comment(notes.join(' ')) } : {}),
  };
  if (Array.isArray(prefixItems)) {
    result['items'] = prefixItems;
    result['minItems'] ??= prefixItems.length;
    if (rest['items'] !== undefined) result['additionalItems'] = rest['items'];
    delete result['maxItems'];
  }
  // `required` on something that declares nothing else about objects would become an interface of unknowns
  if (Array.isArray(rest['enum']) && rest['enum'].length === 0) delete result['enum'];
  if (nullable !== true || rest['type'] === undefined || typeof rest['type'] !== 'string') return result;
  return { ...result, type: [rest['type'], 'null'] };
}

const isScalar = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) && String(value).length <= 80;

/** One line that cannot end the comment that it stands in. */
export function comment(text: string, limit: number = MAX_DOC): string {
  const line = text.replaceAll('*/', '*\\/').replace(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}
