import type { ToolRow } from '../tools/queries.ts';
import type { ServerGroup } from './Matrix.tsx';

/** Tools by server, both in order; where something is searched, servers without a match fall away. */
export function groupByServer(tools: readonly ToolRow[], wanted: string, server: string): ServerGroup[] {
  const all = new Map<string, string[]>();
  for (const tool of tools) {
    const names = all.get(tool.server) ?? [];
    names.push(tool.functionName);
    all.set(tool.server, names);
  }
  const words = wanted.toLowerCase();
  return [...all]
    .filter(([name]) => server === '' || name === server)
    .map(([name, names]) => ({
      server: name,
      total: names.length,
      tools: names
        .filter((tool) => `${name}.${tool}`.toLowerCase().includes(words))
        .sort((one, other) => one.localeCompare(other)),
    }))
    .filter((group) => group.tools.length > 0)
    .sort((one, other) => one.server.localeCompare(other.server));
}
