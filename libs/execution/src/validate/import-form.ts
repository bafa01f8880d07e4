/** What a specifier names in the virtual file tree, or null when it is not one of ours. */
export type ImportForm =
  | { kind: 'discovery' }
  | { kind: 'server'; server: string }
  | { kind: 'tool'; server: string; tool: string }
  | { kind: 'skill'; skill: string };

const FORM = /^(?:\.{1,2}\/)?(servers|skills)(?:\/([A-Za-z0-9_$][\w$-]*))?(?:\/([A-Za-z0-9_$][\w$-]*))?(\.[jt]s)?\/?$/;

/**
 * The accepted forms: `servers`, `servers/x`, `./servers/x`, `../servers/x`, `servers/x/index.ts`, `servers/x/tool.ts`,
 * `servers/x/tool`, `skills/x`; `.ts`, `.js` or nothing at the end.
 */
export function importForm(specifier: string): ImportForm | null {
  const match = FORM.exec(specifier);
  if (!match) return null;
  const [, root, first, second] = match;
  if (root === 'skills') return first !== undefined && second === undefined ? { kind: 'skill', skill: first } : null;
  if (first === undefined || (first === 'index' && second === undefined)) return { kind: 'discovery' };
  if (second === undefined || second === 'index') return { kind: 'server', server: first };
  return { kind: 'tool', server: first, tool: second };
}

/**
 * The names that a caller may import, by path in the virtual tree; undefined where there is no such path:
 * `catalog('servers')` server names, `catalog('servers/search')` callable function names, `catalog('skills')` skill names.
 */
export type ImportCatalog = {
  (path: string): readonly string[] | undefined;
  /**
   * The self-contained TypeScript of `servers/<server>/<tool>` or `skills/<skill>`, for the type-check: one exported
   * function of that name with the types that it uses. What has none is `any`.
   */
  declaration?(path: string): string | undefined;
};
