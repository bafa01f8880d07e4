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
  const catalog: ImportCatalog = (path) => {
    if (path === 'servers') return serverNames;
    return path.startsWith('servers/') ? servers.get(path.slice('servers/'.length)) : undefined;
  };
  catalogs.set(tools, catalog);
  return catalog;
}
