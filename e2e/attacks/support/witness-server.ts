// An MCP server over stdio that keeps a list of what it was asked for: what it has seen has happened.
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { setTimeout as sleep } from 'node:timers/promises';

const anything = { type: 'object' as const, properties: {}, additionalProperties: true };
const seen: string[] = [];

const tools = [
  { name: 'take', description: 'Takes anything, and answers with how many bytes it was.', inputSchema: anything },
  { name: 'echo', description: 'Answers with what it was given.', inputSchema: anything },
  { name: 'wait', description: 'Answers after `ms` milliseconds.', inputSchema: anything },
  { name: 'deep', description: 'Answers with lists in lists, `depth` of them.', inputSchema: anything },
  { name: 'text', description: 'Answers with the text that it was given.', inputSchema: anything },
  { name: 'seen', description: 'What was asked so far, by tool.', inputSchema: anything },
];

async function answer(name: string, args: Record<string, unknown>): Promise<string> {
  if (name !== 'seen') seen.push(name);
  switch (name) {
    case 'take':
      return String(JSON.stringify(args).length);
    case 'echo':
      return JSON.stringify(args);
    case 'wait':
      await sleep(Number(args['ms']));
      return 'waited';
    case 'deep':
      return '['.repeat(Number(args['depth'])) + ']'.repeat(Number(args['depth']));
    case 'text':
      return String(args['text']);
    default:
      return JSON.stringify(seen);
  }
}

void serveStdio(() => {
  const server = new Server({ name: 'witness', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools }));
  server.setRequestHandler('tools/call', async ({ params }) => ({
    content: [{ type: 'text', text: await answer(params.name, params.arguments ?? {}) }],
  }));
  return server;
});
