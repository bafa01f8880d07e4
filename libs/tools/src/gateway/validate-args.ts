import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';

export interface ArgumentProblem {
  /** JSON pointer into the arguments. */
  readonly path: string;
  readonly message: string;
}

type Schema = Readonly<Record<string, unknown>>;

const MAX_CACHED = 5_000;
const MAX_PROBLEMS = 10;
const DRAFT = /draft-0[3-7]/;

/** Keywords that map names which an author chose to schemas. */
const MAPS = new Set(['properties', '$defs', 'definitions', 'dependentSchemas']);
const DATA = new Set(['enum', 'const', 'default', 'examples', 'required']);
/**
 * Not checked here. Patterns and uniqueness are work that whoever wrote the tool could make endless, and this process
 * serves every tenant; its upstream checks them. Identifiers would name schemas across tools and move references.
 */
const LEFT_OUT = new Set([
  'pattern',
  'patternProperties',
  'propertyNames',
  'uniqueItems',
  'format',
  '$schema',
  '$id',
  'id',
  '$comment',
]);
const MAX_DEPTH = 64;

/** Older drafts' tuples become 2020-12's. */
function prepare(schema: unknown, oldDraft: boolean, depth = 0): unknown {
  if (schema === null || typeof schema !== 'object') return schema;
  if (depth > MAX_DEPTH) return true;
  if (Array.isArray(schema)) return schema.map((inner) => prepare(inner, oldDraft, depth + 1));
  const prepared: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (LEFT_OUT.has(key)) continue;
    if (DATA.has(key)) prepared[key] = value;
    else if (MAPS.has(key) && value !== null && typeof value === 'object')
      prepared[key] = Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, prepare(inner, oldDraft, depth + 1)]),
      );
    else
      prepared[key === 'items' && Array.isArray(value) && oldDraft ? 'prefixItems' : key] = prepare(
        value,
        oldDraft,
        depth + 1,
      );
  }
  // Names that only a pattern allows would be refused without it.
  if ('patternProperties' in schema) delete prepared['additionalProperties'];
  return prepared;
}

/** Compiled schemas by the hash of the definition that they belong to. */
export class Validators {
  readonly #compiled = new LRUCache<string, { readonly validate: ValidateFunction | undefined }>({ max: MAX_CACHED });

  /** What is wrong; empty when all is well, or when the schema itself makes no sense and its upstream has to judge. */
  problems(key: string, schema: Schema, value: unknown): ArgumentProblem[] {
    const validate = this.#get(`${key}/all`, schema, true);
    if (!validate || validate(value)) return [];
    return distinct((validate.errors ?? []).map(asProblem)).slice(0, MAX_PROBLEMS);
  }

  /** As `problems`, but stops at the first: for results, which may be large. */
  fits(key: string, schema: Schema, value: unknown): boolean {
    return this.#get(`${key}/first`, schema, false)?.(value) ?? true;
  }

  #get(key: string, schema: Schema, allErrors: boolean): ValidateFunction | undefined {
    const known = this.#compiled.get(key);
    if (known) return known.validate;
    const validate = compile(schema, allErrors);
    this.#compiled.set(key, { validate });
    return validate;
  }
}

function compile(schema: Schema, allErrors: boolean): ValidateFunction | undefined {
  const ajv = new Ajv2020({
    strict: false,
    allErrors,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    meta: false,
  });
  try {
    const oldDraft = typeof schema['$schema'] !== 'string' || DRAFT.test(schema['$schema']);
    return ajv.compile(prepare(schema, oldDraft) as object);
  } catch {
    return undefined; // a remote reference, or nonsense
  }
}

function asProblem(error: ErrorObject): ArgumentProblem {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return { path: `${error.instancePath}/${String(params['missingProperty'])}`, message: 'is missing' };
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return {
        path: `${error.instancePath}/${String(params['additionalProperty'] ?? params['unevaluatedProperty'])}`,
        message: 'is not a parameter of this tool',
      };
    case 'enum':
      return {
        path: error.instancePath,
        message: `must be one of ${JSON.stringify(params['allowedValues']).slice(0, 300)}`,
      };
    default:
      return { path: error.instancePath, message: error.message ?? 'is not acceptable' };
  }
}

const distinct = (problems: readonly ArgumentProblem[]): ArgumentProblem[] => [
  ...new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem])).values(),
];
