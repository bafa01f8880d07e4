import type { CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import { importChange, type Importable } from './import-change.ts';

/** Offers server names after `servers/`, and function names everywhere; choosing one adds its import. */
export function completeImports(offered: () => readonly Importable[]): CompletionSource {
  return (context: CompletionContext): CompletionResult | null => {
    const tools = offered();
    const inPath = context.matchBefore(/['"](\.\/)?servers\/[\w-]*/);
    if (inPath) {
      const from = inPath.from + inPath.text.indexOf('servers/') + 'servers/'.length;
      const servers = [...new Set(tools.map((tool) => tool.server))];
      return { from, options: servers.map((label) => ({ label, type: 'namespace' })), validFor: /^[\w-]*$/ };
    }
    const word = context.matchBefore(/[A-Za-z_$][\w$]*/);
    if (!word || (word.text.length < 2 && !context.explicit)) return null;
    return {
      from: word.from,
      validFor: /^[\w$]*$/,
      options: tools.map((tool) => ({
        label: tool.functionName,
        detail: tool.server,
        type: 'function',
        info: tool.description,
        apply: (view, _completion, from, to) => {
          const change = importChange(view.state.doc.toString(), tool);
          view.dispatch({
            changes: [{ from, to, insert: tool.functionName }, ...(change ? [change] : [])],
            userEvent: 'input.complete',
          });
        },
      })),
    };
  };
}
