import { z } from 'zod';

/** Pseudo-servers under which the sandbox asks its host: `import … from 'servers'` and `import … from 'skills/x'`. */
export const DISCOVERY_SERVER = '$discovery';
export const SKILLS_SERVER = '$skills';
/** What the global `workspace` asks its host by. */
export const WORKSPACE_SERVER = '$workspace';
export const DISCOVERY_FUNCTIONS = ['searchTools', 'listTools', 'listCategories', 'describeTools'] as const;

const moduleParts = {
  script: z.string(),
  /** Known functions of the servers imported whole, so that their names can be listed inside. */
  modules: z.record(z.string(), z.array(z.string())),
  /** Line of the sent code for each line of the script (0: none); null when it is always the line before. */
  lineMap: z.array(z.number().int()).nullable(),
};

/** What a sandbox is given to run: one script that evaluates to one async function, made by `prepare`. */
export const programSchema = z.object({
  ...moduleParts,
  /** Scripts of the skills that are imported, by their own names; each is evaluated when it is first called. */
  skills: z.record(z.string(), z.object(moduleParts)).optional(),
});
export type Program = Readonly<z.infer<typeof programSchema>>;
