import type { CallToolResult } from '@modelcontextprotocol/server';

export const answer = (structuredContent: Record<string, unknown>): CallToolResult => ({
  structuredContent,
  content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
});

/** Code catches it as `error.data.error.code`; the text is for whoever reads. */
export const refuse = (
  message: string,
  error?: { readonly code: string; readonly details?: Readonly<Record<string, unknown>> },
): CallToolResult => ({
  isError: true,
  content: [{ type: 'text', text: message }],
  ...(error ? { structuredContent: { error: { ...error.details, code: error.code, message } } } : {}),
});
