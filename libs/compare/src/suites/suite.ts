import { createHash } from 'node:crypto';
import { canonicalJson } from '@switchyard/kernel';
import { z } from 'zod';

/** What a right answer says. All facts of a case must be in it. */
const Fact = z.discriminatedUnion('kind', [
  /** The part number stands in it. */
  z.strictObject({ kind: z.literal('sku'), value: z.string().min(1) }),
  /** At least so many of these part numbers stand in it. */
  z.strictObject({
    kind: z.literal('skus_of'),
    values: z.array(z.string().min(1)).min(1),
    atLeast: z.number().int().min(1),
  }),
  /** The number stands in it, however it is written: 1,474.94 is 1474.94. */
  z.strictObject({ kind: z.literal('number'), value: z.number(), of: z.string() }),
  /** One of these texts stands in it, in any case. */
  z.strictObject({ kind: z.literal('text'), anyOf: z.array(z.string().min(1)).min(1) }),
  /** It says that there is no such thing. */
  z.strictObject({ kind: z.literal('not_found') }),
]);
export type Fact = z.infer<typeof Fact>;

const Case = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,60}$/),
  category: z.enum(['exact_sku', 'semantic', 'multiple_results', 'edge', 'errors', 'aggregation', 'workflow']),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string().min(1) }))
    .min(1),
  expected: z.array(Fact).min(1),
  /** Its tools change something: it is left out unless whoever starts the comparison allows that. */
  writes: z.boolean().default(false),
  /** Tokens of the two ways as the founding documents give them, to show beside what was measured. */
  source: z.strictObject({ traditional: z.number().int(), code: z.number().int() }).optional(),
  /** What the founding documents promise: the least and the most of the tokens that the code way saves, in percent. */
  saving: z
    .strictObject({ atLeastPercent: z.number(), atMostPercent: z.number().optional(), why: z.string() })
    .optional(),
});
export type Case = z.infer<typeof Case>;

export const Suite = z
  .strictObject({
    suite: z.string().regex(/^[a-z0-9-]{1,60}$/),
    version: z.number().int().min(1),
    title: z.string(),
    description: z.string(),
    /** Tools without which no case makes sense, as `server.tool`. */
    requires: z.array(z.string().regex(/^[^.]+\..+$/)),
    cases: z.array(Case).min(1).max(500),
  })
  .refine(({ cases }) => new Set(cases.map(({ id }) => id)).size === cases.length, 'every case needs an id of its own');
export type Suite = z.infer<typeof Suite>;

/** SHA-256 in hex of all that a suite says: two comparisons are of the same suite when theirs are the same. */
export const suiteHash = (suite: Suite): string => createHash('sha256').update(canonicalJson(suite)).digest('hex');

/** What was asked last. */
export const questionOf = (messages: readonly Case['messages'][number][]): string =>
  messages.findLast(({ role }) => role === 'user')?.content ?? messages.at(-1)?.content ?? '';
