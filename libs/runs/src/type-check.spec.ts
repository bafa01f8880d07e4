import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTypeChecker, type ImportCatalog, type TypeChecker } from '@switchyard/execution';
import { renderDeclaration } from '@switchyard/tools';
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;
interface Definition {
  name: string;
  description?: string;
  inputSchema: Schema;
  outputSchema?: Schema;
}

const CATALOGUES = path.resolve(fileURLToPath(new URL('../../../', import.meta.url)), '../shared/data/catalogues');
const found = fs.existsSync(CATALOGUES);

const isSchema = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** A value that fits a schema; `whole` gives optional properties too. */
function sample(schema: unknown, root: Schema, whole: boolean, depth = 0): unknown {
  if (!isSchema(schema) || depth > 12) return 'x';
  if (typeof schema['$ref'] === 'string') {
    const target = schema['$ref']
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (isSchema(at) ? at[key.replaceAll('~1', '/')] : undefined), root);
    return sample(target, root, whole && depth < 4, depth + 1);
  }
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  for (const key of ['anyOf', 'oneOf'])
    if (Array.isArray(schema[key])) {
      const { [key]: list, ...base } = schema;
      const first = sample((list as unknown[])[0], root, whole, depth + 1);
      return isSchema(first) && isSchema(base['properties'])
        ? { ...(sample(base, root, whole, depth + 1) as object), ...first }
        : first;
    }
  if (Array.isArray(schema['allOf']))
    return Object.assign({}, ...schema['allOf'].map((part) => sample(part, root, whole, depth + 1)));
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string': {
      const least = typeof schema['minLength'] === 'number' ? schema['minLength'] : 1;
      return 'text'
        .padEnd(least, 'x')
        .slice(0, typeof schema['maxLength'] === 'number' ? schema['maxLength'] : undefined);
    }
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number'
        ? schema['minimum']
        : typeof schema['exclusiveMinimum'] === 'number'
          ? schema['exclusiveMinimum'] + 1
          : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array': {
      const items = Array.isArray(schema['items']) ? schema['items'][0] : schema['items'];
      const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0;
      return Array.from({ length: Math.max(1, least) }, () => sample(items, root, whole, depth + 1));
    }
    default: {
      const properties = isSchema(schema['properties']) ? schema['properties'] : {};
      const required = Array.isArray(schema['required']) ? schema['required'] : [];
      const names = Object.keys(properties).filter((name) => required.includes(name) || (whole && depth < 6));
      return Object.fromEntries(names.map((name) => [name, sample(properties[name], root, whole, depth + 1)]));
    }
  }
}

/** Formats and patterns say nothing of types. */
const withoutTextRules = (schema: unknown): unknown =>
  JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      (key === 'format' || key === 'pattern') && typeof value === 'string' ? undefined : value,
    ),
  );

const catalogOf = (name: string, declaration: string): ImportCatalog =>
  Object.assign((at: string) => ({ servers: ['it'], 'servers/it': [name] })[at], {
    declaration: (at: string) => (at === `servers/it/${name}` ? declaration : undefined),
  });

describe('calls of the tools of real servers', () => {
  if (!found) {
    console.warn(`SKIPPED: ${CATALOGUES} is missing, so that no call of a real tool was checked.`);
    it.skip('are beside the checkout', () => undefined);
    return;
  }

  let checker: TypeChecker;
  beforeAll(() => {
    checker = createTypeChecker({ servers: 1, checkMs: 60_000, queueMs: 120_000 });
  });
  afterAll(() => checker.close());

  it.each(fs.readdirSync(CATALOGUES).filter((file) => file.endsWith('.json')))(
    'of %s: those that fit their schema pass, those that do not are refused',
    async (file) => {
      const parsed = JSON.parse(fs.readFileSync(path.join(CATALOGUES, file), 'utf8')) as
        Definition[] | { tools: Definition[] };
      const wrong: unknown[] = [];
      let passed = 0;
      let refused = 0;
      for (const tool of Array.isArray(parsed) ? parsed : parsed.tools) {
        const name = tool.name.replace(/\W+(\w)?/g, (_all, letter: string | undefined) => letter?.toUpperCase() ?? '');
        const declaration = await renderDeclaration({ ...tool, description: '', functionName: name });
        const check = (code: string) =>
          checker.check({ code, imports: catalogOf(name, declaration), tenant: 'corpus' });
        const from = `import { ${name} } from 'servers/it';\n`;
        const { $schema: _draft, $id: _id, ...schema } = tool.inputSchema;
        // That a sample is a good call is not this spec's own word.
        const fits = z.fromJSONSchema(withoutTextRules(schema) as Record<string, unknown>);
        const samples = [sample(schema, schema, false), sample(schema, schema, true)].filter(
          (value) => fits.safeParse(value).success,
        );
        for (const value of samples) {
          const text = JSON.stringify(value, null, 1);
          const forms = [
            `const r = await ${name}(${text});\nconsole.log(r);\nreturn r`,
            `let args = ${text};\nconst [a, b] = await Promise.all([${name}(args), ${name}({ ...args })]);\nreturn { a, b }`,
            `const list = [${text}];\nconst all = [];\nfor (const one of list) all.push(await ${name}(one));\nexport default all;`,
          ];
          const form = forms[passed % forms.length] ?? '';
          const findings = await check(from + form);
          passed += 1;
          if (findings.length > 0) wrong.push({ tool: tool.name, form, findings, declaration });
        }
        const properties = isSchema(schema['properties']) ? schema['properties'] : {};
        const required = Array.isArray(schema['required']) ? schema['required'] : [];
        const [must] = required.filter((key) => isSchema(properties[key]) && !('default' in properties[key]));
        if (
          typeof must !== 'string' ||
          samples.length === 0 ||
          !('type' in schema) ||
          'anyOf' in schema ||
          'oneOf' in schema
        )
          continue;
        const { [must]: _gone, ...rest } = samples[0] as Record<string, unknown>;
        const findings = await check(`${from}return ${name}(${JSON.stringify(rest)})`);
        refused += 1;
        if (!findings.some(({ severity, message }) => severity === 'error' && message.includes(must)))
          wrong.push({ tool: tool.name, without: must, findings, declaration });
      }
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(passed + refused).toBeGreaterThan(0);
    },
    120_000,
  );
});
