import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { z } from 'zod';

/**
 * The same schema, listed in as few tokens as it can be said: every client pays for the list in every conversation.
 * Left out is what says nothing to a reader: the dialect (2020-12 is MCP's default) and the bounds of safe integers.
 * `brief` tells names and types alone, which is enough of what an answer looks like. Objects stay open, so that a field which a later version adds breaks no client that validates.
 */
export function listed<Schema extends z.ZodType>(
  schema: Schema,
  { brief = false } = {},
): StandardSchemaWithJSON<z.input<Schema>, z.output<Schema>> {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (!brief) return;
      delete jsonSchema.description;
      delete jsonSchema.required;
    },
  });
  const { version, vendor, validate } = schema['~standard'];
  return { '~standard': { version, vendor, validate, jsonSchema: { input: () => json, output: () => json } } };
}
