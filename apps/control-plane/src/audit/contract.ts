import { z } from 'zod';

const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .optional();

export const AuditExportQuery = z.strictObject({
  format: z.enum(['jsonl', 'csv']).default('jsonl'),
  action: z.string().max(200).optional(),
  actor: z.string().max(200).optional().describe("an actor's id, or a part of the name"),
  targetKind: z.string().max(100).optional(),
  targetId: z.string().max(200).optional(),
  codeHash: z.string().max(64).optional(),
  text: z.string().max(200).optional().describe('anywhere in an event, in the code of runs, in tools and arguments'),
  from: moment,
  to: moment.describe('exclusive'),
});
export type AuditExportQuery = z.output<typeof AuditExportQuery>;
