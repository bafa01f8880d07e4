import { skillFileSchema } from '@switchyard/runs';
import { z } from 'zod';

export const SaveSkillBody = z
  .strictObject({
    name: z.string().max(64).describe('as it is imported: skills/<name>'),
    description: z.string().max(2_000).describe('what it does, for whoever looks for it'),
    code: z
      .string()
      .min(1)
      .max(64 * 1024)
      .optional()
      .describe('a module that exports the function, or code as it ran. Either this or run.'),
    run: z.string().optional().describe('the run whose code it is'),
  })
  .superRefine(({ code, run }, refinement) => {
    if ((code === undefined) === (run === undefined))
      refinement.addIssue({ code: 'custom', path: ['code'], message: 'give either code or run' });
  });
export type SaveSkillBody = z.infer<typeof SaveSkillBody>;

export const PromoteBody = z.strictObject({ version: z.number().int().min(1) });
export type PromoteBody = z.infer<typeof PromoteBody>;

export const ExportQuery = z.strictObject({ version: z.coerce.number().int().min(1).optional() });
export type ExportQuery = z.infer<typeof ExportQuery>;

export const SkillFileBody = skillFileSchema;
export type SkillFileBody = z.infer<typeof SkillFileBody>;

const SkillVersion = z.object({
  version: z.number().int(),
  description: z.string(),
  code: z.string(),
  codeHash: z.string(),
  declaration: z.string().describe('self-contained TypeScript'),
  inputType: z.string(),
  outputType: z.string(),
  tools: z.array(z.object({ server: z.string(), tool: z.string().nullable() })).describe('that it imports'),
  skills: z.array(z.string()).describe('that it imports'),
  author: z.string(),
  run: z.string().nullable(),
  promotedAt: z.string().nullable(),
  promotedBy: z.string().nullable(),
  createdAt: z.string(),
});

export const SkillBody = z.object({
  name: z.string(),
  state: z.enum(['draft', 'promoted', 'retired']),
  promotedVersion: z.number().int().nullable(),
  versions: z.array(SkillVersion).describe('newest first'),
});
export type SkillBody = z.infer<typeof SkillBody>;

export const SkillList = z.object({ skills: z.array(SkillBody) });
export type SkillList = z.infer<typeof SkillList>;
