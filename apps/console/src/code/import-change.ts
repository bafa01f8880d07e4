/** A tool as code imports it. */
export interface Importable {
  readonly server: string;
  readonly functionName: string;
  readonly description: string;
}

interface Insertion {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The edit that makes a tool importable in a piece of code; undefined when it is imported already. */
export function importChange(code: string, tool: Pick<Importable, 'server' | 'functionName'>): Insertion | undefined {
  const escaped = tool.server.replace(/[$.*+?^()[\]{}|\\]/g, '\\$&');
  const existing = new RegExp(
    `import\\s*\\{([^}]*)\\}\\s*from\\s*['"](?:\\./)?servers/${escaped}(?:/index\\.ts)?['"]`,
  ).exec(code);
  if (existing) {
    const names = (existing[1] ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    if (names.some((name) => name.split(/\s+as\s+/)[0] === tool.functionName)) return undefined;
    const open = existing.index + existing[0].indexOf('{') + 1;
    return {
      from: open,
      to: open + (existing[1] ?? '').length,
      insert: ` ${[...names, tool.functionName].join(', ')} `,
    };
  }
  return { from: 0, to: 0, insert: `import { ${tool.functionName} } from 'servers/${tool.server}';\n` };
}
