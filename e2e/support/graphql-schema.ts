import type { Switchyard } from './switchyard.ts';

export const OPERATIONS = ['query', 'mutation', 'subscription'] as const;
export type Operation = (typeof OPERATIONS)[number];

interface TypeRef {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType: TypeRef | null;
}

interface FieldInfo {
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly type: TypeRef }[];
  readonly type: TypeRef;
}

type Types = ReadonlyMap<string, readonly FieldInfo[]>;

const REF = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
const INTROSPECTION = `{ __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { name fields { name args { name type { ${REF} } } type { ${REF} } } }
} }`;
const DEEPEST = 5;

export interface Schema {
  /** The names of all fields of an operation. */
  fields(operation: Operation): string[];
  /** A document that asks one field for everything it has to give, its arguments as variables of their own names. */
  document(operation: Operation, field: string): string;
}

/** What the server says of itself: a field that is new is found here first. */
export async function readSchema(switchyard: Switchyard, key: string): Promise<Schema> {
  const { body } = await switchyard.graphql(key, INTROSPECTION);
  const { types, ...roots } = body.data.__schema;
  const known: Types = new Map(
    types.map((type: { name: string; fields: FieldInfo[] | null }) => [type.name, type.fields ?? []]),
  );
  const of = (operation: Operation): readonly FieldInfo[] => known.get(roots[`${operation}Type`].name) ?? [];
  return {
    fields: (operation) => of(operation).map(({ name }) => name),
    document(operation, name) {
      const field = of(operation).find((one) => one.name === name);
      if (!field) throw new Error(`there is no ${operation} ${name}`);
      const declared = field.args.map((arg) => `$${arg.name}: ${written(arg.type)}`).join(', ');
      const passed = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
      const head = declared ? `${operation} (${declared})` : operation;
      return `${head} { ${name}${passed ? `(${passed})` : ''} ${selection(known, field.type, 1)} }`;
    },
  };
}

const written = ({ kind, name, ofType }: TypeRef): string => {
  if (!ofType) return String(name);
  return kind === 'LIST' ? `[${written(ofType)}]` : `${written(ofType)}!`;
};

const named = (type: TypeRef): string => (type.ofType ? named(type.ofType) : String(type.name));

function selection(types: Types, type: TypeRef, depth: number): string {
  const fields = types.get(named(type)) ?? [];
  if (fields.length === 0) return '';
  const isLeaf = (field: FieldInfo): boolean => (types.get(named(field.type)) ?? []).length === 0;
  const wanted = depth < DEEPEST ? fields : fields.filter(isLeaf);
  return `{ ${wanted.map((field) => `${field.name} ${selection(types, field.type, depth + 1)}`).join(' ')} }`;
}
