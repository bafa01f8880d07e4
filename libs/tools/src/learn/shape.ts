import type { Json } from '@switchyard/kernel';
import { z } from 'zod';

/**
 * What values look like: names of fields and kinds of values, and never a value. Fields are optional when one sample
 * lacked them. `record`: an object whose keys are data (ids, dates, addresses), which are not kept.
 */
export interface Shape {
  readonly scalars: readonly Scalar[];
  readonly list?: Shape | undefined;
  readonly fields?: Readonly<Record<string, Field>> | undefined;
  readonly record?: Shape | undefined;
  /** Deeper or wider than is looked at. */
  readonly more?: true | undefined;
}
interface Field {
  readonly shape: Shape;
  readonly optional: boolean;
}

const SCALARS = ['string', 'number', 'boolean', 'null'] as const;
type Scalar = (typeof SCALARS)[number];

export const SHAPE_BOUNDS = { depth: 8, fields: 60, items: 24, nameLength: 48 } as const;
/** Objects with so many keys of one and the same form are tables by key, whatever the keys look like. */
const TABLE_FROM = 9;

export const NOTHING: Shape = { scalars: [] };
const UNKNOWN: Shape = { scalars: [], more: true };

/** A key that names a field, and does not hold data: short, an identifier, without a run of digits. */
function isFieldName(key: string): boolean {
  if (key.length > SHAPE_BOUNDS.nameLength || !/^[A-Za-z_$@][A-Za-z0-9_$@:.-]*$/.test(key)) return false;
  if (/\d{3}/.test(key) || /^[0-9a-f-]{8,}$/i.test(key) || /@.*\./.test(key)) return false;
  return !/^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9]{16,}$/.test(key);
}

/** Spread over a long list, first and last included. */
function sample(list: readonly Json[]): Json[] {
  if (list.length <= SHAPE_BOUNDS.items) return [...list];
  const step = (list.length - 1) / (SHAPE_BOUNDS.items - 1);
  return Array.from({ length: SHAPE_BOUNDS.items }, (_one, at) => list[Math.round(at * step)] ?? null);
}

const unite = (shapes: readonly Shape[]): Shape => shapes.reduce(mergeShapes, NOTHING);

export function shapeOf(value: Json, depth = 0): Shape {
  if (value === null) return { scalars: ['null'] };
  if (typeof value !== 'object') return { scalars: [typeof value as Scalar] };
  if (depth >= SHAPE_BOUNDS.depth) return UNKNOWN;
  if (Array.isArray(value)) return { scalars: [], list: unite(sample(value).map((item) => shapeOf(item, depth + 1))) };
  const entries = Object.entries(value);
  const values = (): Shape =>
    unite(sample(entries.map(([, inner]) => inner)).map((inner) => shapeOf(inner, depth + 1)));
  if (entries.some(([key]) => !isFieldName(key)) || entries.length > SHAPE_BOUNDS.fields)
    return { scalars: [], record: values() };
  const fields = entries.map(([key, inner]): [string, Field] => [
    key,
    { shape: shapeOf(inner, depth + 1), optional: false },
  ]);
  return asTable({ scalars: [], fields: Object.fromEntries(fields) });
}

/** Many keys that all hold objects of the same fields: `{ Smith: {…}, Jones: {…}, … }`. */
function asTable(shape: Shape): Shape {
  const inner = Object.values(shape.fields ?? {}).map((field) => field.shape);
  if (inner.length < TABLE_FROM || inner.some(({ fields }) => !fields || Object.keys(fields).length === 0))
    return shape;
  const names = inner.map(({ fields }) =>
    Object.keys(fields ?? {})
      .sort()
      .join(),
  );
  return new Set(names).size === 1 ? { scalars: shape.scalars, list: shape.list, record: unite(inner) } : shape;
}

/** What both have been seen to be. Symmetric, and the same again when nothing is new. */
export function mergeShapes(one: Shape, other: Shape): Shape {
  const scalars = SCALARS.filter((kind) => one.scalars.includes(kind) || other.scalars.includes(kind));
  const list = both(one.list, other.list);
  const more = one.more === true || other.more === true ? { more: true as const } : {};
  const base = { scalars, ...(list ? { list } : {}), ...more };
  if (one.record || other.record) {
    // Once its keys were data they are data: what was taken for fields before is forgotten.
    const flat = [one.record, other.record, ...valuesOf(one), ...valuesOf(other)].filter((each) => each !== undefined);
    return { ...base, record: unite(flat) };
  }
  if (!one.fields || !other.fields) {
    const fields = one.fields ?? other.fields;
    return fields ? { ...base, fields } : base;
  }
  const names = [...new Set([...Object.keys(one.fields), ...Object.keys(other.fields)])];
  const fields = Object.fromEntries(names.map((name) => [name, mergeFields(one.fields?.[name], other.fields?.[name])]));
  if (names.length > SHAPE_BOUNDS.fields)
    return { ...base, record: unite(Object.values(fields).map((field) => field.shape)) };
  return asTable({ ...base, fields });
}

const valuesOf = ({ fields = {} }: Shape): Shape[] => Object.values(fields).map((field) => field.shape);

const both = (one: Shape | undefined, other: Shape | undefined): Shape | undefined =>
  one && other ? mergeShapes(one, other) : (one ?? other);

function mergeFields(one: Field | undefined, other: Field | undefined): Field {
  if (one && other) return { shape: mergeShapes(one.shape, other.shape), optional: one.optional || other.optional };
  return { shape: (one ?? other)?.shape ?? NOTHING, optional: true };
}

const MAX_UNION = 4;

/** The shape as a TypeScript type; what lies deeper than `depth` levels is unknown. */
export function typeOfShape(shape: Shape, depth: number = SHAPE_BOUNDS.depth): string {
  const { scalars, list, fields, record, more } = shape;
  const isScalar = !list && !fields && !record;
  if (more || (depth <= 0 && !isScalar)) return 'unknown';
  const inner = (one: Shape): string => typeOfShape(one, depth - 1);
  const named = Object.entries(fields ?? {}).map(
    ([name, field]) =>
      `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}${field.optional ? '?' : ''}: ${inner(field.shape)}`,
  );
  const kinds = [
    ...(list ? [listOf(inner(list))] : []),
    ...(record ? [`Record<string, ${inner(record)}>`] : []),
    ...(fields ? [named.length === 0 ? 'Record<string, unknown>' : `{ ${named.join('; ')} }`] : []),
    ...scalars,
  ];
  return kinds.length === 0 || kinds.length > MAX_UNION ? 'unknown' : kinds.join(' | ');
}

const listOf = (item: string): string =>
  /^[\w<>, ]+$/.test(item) || /^\{[^|]*\}$/.test(item) ? `${item}[]` : `Array<${item}>`;

/** As it is stored. What cannot be read back says nothing. */
export const shapeSchema: z.ZodType<Shape> = z.lazy(() =>
  z.object({
    scalars: z.array(z.enum(SCALARS)),
    list: shapeSchema.optional(),
    fields: z.record(z.string(), z.object({ shape: shapeSchema, optional: z.boolean() })).optional(),
    record: shapeSchema.optional(),
    more: z.literal(true).optional(),
  }),
);
