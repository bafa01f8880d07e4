import { z } from 'zod';

export const SKILL_FILE_FORMAT = 'switchyard.skills/1';

/** Skills on their way between tenants: what they say and do, and nothing of whose they were. */
export const skillFileSchema = z.object({
  format: z.literal(SKILL_FILE_FORMAT),
  skills: z
    .array(
      z.object({
        name: z.string(),
        description: z.string().max(2_000),
        code: z.string().max(64 * 1024),
        /** For the reader: which tools have to be there. Read from the code at import. */
        tools: z.array(z.object({ server: z.string(), tool: z.string().nullable() })).default([]),
      }),
    )
    .min(1)
    .max(32),
});
export type SkillFile = z.infer<typeof skillFileSchema>;
