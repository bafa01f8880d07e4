import type { ImportCatalog } from '@switchyard/execution';
import type { ToolDescriptor } from '@switchyard/tools';

const catalogs = new WeakMap<readonly ToolDescriptor[], ImportCatalog>();

/** The virtual file tree of those tools that a caller may see. The same list gives the same tree, made once. */
export function importCatalog(tools: readonly ToolDescriptor[]): ImportCatalog {
  const known = catalogs.get(tools);
  if (known) return known;
  const servers = new Map<string, string[]>();
  for (const { server, name } of tools) {
    const names = servers.get(server);
    if (names) names.push(name);
    else servers.set(server, [name]);
  }
  const serverNames = [...servers.keys()];
  const declarations = new Map(tools.map((tool) => [`servers/${tool.server}/${tool.name}`, tool.declaration]));
  const names = (path: string): readonly string[] | undefined => {
    if (path === 'servers') return serverNames;
    return path.startsWith('servers/') ? servers.get(path.slice('servers/'.length)) : undefined;
  };
  const catalog: ImportCatalog = Object.assign(names, { declaration: (path: string) => declarations.get(path) });
  catalogs.set(tools, catalog);
  return catalog;
}

/** The same tree with the declarations of skills, for the type-check. */
export function withDeclarations(
  imports: ImportCatalog,
  skills: readonly { readonly name: string; readonly declaration: string }[],
): ImportCatalog {
  if (skills.length === 0) return imports;
  const names = skills.map(({ name }) => name);
  const declarations = new Map(skills.map(({ name, declaration }) => [`skills/${name}`, declaration]));
  return Object.assign((path: string) => (path === 'skills' ? names : imports(path)), {
    declaration: (path: string) => declarations.get(path) ?? imports.declaration?.(path),
  });
}
