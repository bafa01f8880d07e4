import { z } from 'zod';

const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

export const json = (schema: z.ZodType, io: 'input' | 'output'): object => ({
  'application/json': { schema: z.toJSONSchema(schema, { io, target: 'openapi-3.0', unrepresentable: 'any' }) },
});

export const ok = (schema: z.ZodType, description: string): { 200: object } => ({
  200: { description, content: json(schema, 'output') },
});

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is malformed.',
  401: 'No key, or one that is not (any longer) valid.',
  403: 'The key lacks the scope that the message names.',
  404: 'There is no such thing in this tenant.',
  409: 'It is not in a state for that.',
  413: 'The body is too large.',
  422: 'A field is not acceptable: details.path names it.',
  429: 'Too much at once: Retry-After says when to come again.',
};

export const refusals = (...statuses: number[]): object =>
  Object.fromEntries(
    statuses.map((status) => [status, { description: REFUSALS[status], content: json(ErrorBody, 'output') }]),
  );

export function query(schema: z.ZodType): object[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0' }) as {
    properties?: Record<string, { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: of,
  }));
}

export const path = (name: string): object => ({ name, in: 'path', required: true, schema: { type: 'string' } });
