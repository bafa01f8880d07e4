import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { sendJson } from '../api/http.ts';
import type { Importable } from '../code/import-change.ts';

const LIMIT = 100;

export interface ImportableTool extends Importable {
  readonly declaration: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function parseTools(body: unknown): ImportableTool[] {
  const tools = isRecord(body) && Array.isArray(body.tools) ? body.tools : [];
  return tools.filter(isRecord).map((tool) => ({
    server: text(tool.server),
    // The path says how code calls it: servers/<server>/<function>.ts
    functionName: /([^/]+)\.ts$/.exec(text(tool.path))?.[1] ?? text(tool.name),
    description: text(tool.description),
    declaration: text(tool.declaration),
  }));
}

/** Tools that the signed-in person may use in code. */
export function useImportables(query: string) {
  return useQuery({
    queryKey: ['importables', query],
    queryFn: async ({ signal }) =>
      parseTools(
        await sendJson(
          `/v1/tools/search?${new URLSearchParams({ query, detail_level: 'full', limit: String(LIMIT) })}`,
          { signal },
        ),
      ),
    placeholderData: keepPreviousData,
  });
}
