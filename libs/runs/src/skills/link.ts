import {
  prepare,
  type Finding,
  type ImportCatalog,
  type NamedTool,
  type Prepared,
  type Program,
} from '@switchyard/execution';
import type { RecordedSkill } from '../replay/recording.ts';

type PreparedRun = Extract<Prepared, { ok: true }>;

export interface LinkOptions {
  /** Of servers; skills are added to it. */
  readonly imports: ImportCatalog;
  readonly mode: 'enforce' | 'off';
  readonly limits: { readonly calls: number };
  /** What the caller may import from `skills/…`, by name. */
  readonly skills: ReadonlyMap<string, RecordedSkill>;
}

export type Linked =
  | {
      readonly ok: true;
      readonly program: Program;
      /** Warnings about the code itself. */
      readonly findings: readonly Finding[];
      /** All that are linked in, those that skills import included. */
      readonly skills: readonly RecordedSkill[];
      /** What the code itself imports. */
      readonly own: { readonly tools: readonly NamedTool[]; readonly skills: readonly string[] };
    }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const MAX_SKILLS = 32;

/**
 * Judges code and the skills that it imports, each for this caller: what a skill's author may use counts for nothing.
 * Throws nothing for bad code.
 */
export function link(code: string, options: LinkOptions): Linked {
  const names = [...options.skills.keys()];
  const imports: ImportCatalog = (path) => (path === 'skills' ? names : options.imports(path));
  const { mode, limits } = options;
  const main = prepare(code, { imports, mode, limits });
  if (!main.ok) return { ok: false, findings: main.findings };
  const scripts: Record<string, PreparedRun['program']> = {};
  const used = new Map<string, RecordedSkill>();
  const waiting = [...main.skills];
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const skill = options.skills.get(name);
    if (!skill || used.has(name)) continue; // with judgement off an unknown one is refused inside
    if (used.size >= MAX_SKILLS) return refused(name, `The code needs more than ${MAX_SKILLS} skills.`, 'Use fewer.');
    used.set(name, skill);
    const prepared = prepare(skill.code, { imports, mode, limits });
    if (!prepared.ok) {
      const [first] = prepared.findings;
      return refused(name, `The skill ${name} cannot run for you: ${first?.message ?? ''}`, first?.hint ?? '');
    }
    scripts[name] = prepared.program;
    waiting.push(...prepared.skills);
  }
  const program = used.size === 0 ? main.program : { ...main.program, skills: scripts };
  return {
    ok: true,
    program,
    findings: main.findings,
    skills: [...used.values()],
    own: { tools: main.tools, skills: main.skills },
  };

  function refused(name: string, message: string, hint: string): Linked {
    const at = code.indexOf(`skills/${name}`);
    const before = code.slice(0, Math.max(0, at)).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    return {
      ok: false,
      findings: [{ stage: 'imports', code: 'skill', message, hint, line, column, severity: 'error' }],
    };
  }
}
