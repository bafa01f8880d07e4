interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly where: string;
  readonly text: string;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

/** What to paste where, for MCP clients; `key` is a placeholder, as a key is shown only when it is made. */
export function mcpSnippets(publicUrl: string, key: string): readonly Snippet[] {
  const url = `${publicUrl}/mcp`;
  const authorization = `Bearer ${key}`;
  return [
    {
      id: 'claude-code',
      label: 'Claude Code',
      where: 'In a terminal, in the folder of your project:',
      text: `claude mcp add --transport http switchyard ${url} \\\n  --header "Authorization: ${authorization}"`,
    },
    {
      id: 'claude-desktop',
      label: 'Claude Desktop',
      where:
        'Settings → Developer → Edit config (claude_desktop_config.json), then restart it. It starts programs alone, so mcp-remote stands between:',
      text: json({
        mcpServers: {
          switchyard: {
            command: 'npx',
            args: [
              '-y',
              'mcp-remote',
              url,
              '--transport',
              'http-only',
              ...(url.startsWith('http:') ? ['--allow-http'] : []),
              '--header',
              'Authorization:${SWITCHYARD_AUTH}',
            ],
            env: { SWITCHYARD_AUTH: authorization },
          },
        },
      }),
    },
    {
      id: 'cursor',
      label: 'Cursor',
      where: 'In .cursor/mcp.json of your project, or ~/.cursor/mcp.json for all of them:',
      text: json({ mcpServers: { switchyard: { url, headers: { Authorization: authorization } } } }),
    },
    {
      id: 'vscode',
      label: 'VS Code',
      where: 'In .vscode/mcp.json of your project. VS Code asks for the key once and keeps it:',
      text: json({
        inputs: [{ type: 'promptString', id: 'switchyard-key', description: 'Switchyard API key', password: true }],
        servers: { switchyard: { type: 'http', url, headers: { Authorization: 'Bearer ${input:switchyard-key}' } } },
      }),
    },
  ];
}

export function restSnippets(publicUrl: string, key: string): readonly Snippet[] {
  const code =
    "import { searchProducts } from 'servers/search';\nconst { results } = await searchProducts({ query: 'pumps', limit: 100 });\nreturn results.slice(0, 3);";
  return [
    {
      id: 'run',
      label: 'Run code',
      where: 'Code in, small result out. Add -H "Accept: text/event-stream" to follow it while it runs.',
      text: `curl -s ${publicUrl}/v1/executions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d @- <<'JSON'\n${json({ language: 'typescript', code })}\nJSON`,
    },
    {
      id: 'search',
      label: 'Search tools',
      where: 'The tools that this key may use, as TypeScript declarations:',
      text: `curl -s "${publicUrl}/v1/tools/search?query=find+a+product&detail_level=full&limit=5" \\\n  -H "Authorization: Bearer ${key}"`,
    },
  ];
}

/** For apps that use an OpenAI SDK: another base URL, and nothing else. */
export function chatSnippets(publicUrl: string, key: string): readonly Snippet[] {
  const url = `${publicUrl}/v1`;
  return [
    {
      id: 'javascript',
      label: 'JavaScript',
      where: 'npm install openai, then:',
      text: `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${url}', apiKey: '${key}' });
const stream = await client.chat.completions.create({
  model: 'switchyard',
  messages: [{ role: 'user', content: 'How much does the A4VTG90 cost?' }],
  metadata: { conversation_id: 'demo-1' },
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');`,
    },
    {
      id: 'python',
      label: 'Python',
      where: 'pip install openai, then:',
      text: `from openai import OpenAI

client = OpenAI(base_url="${url}", api_key="${key}")
stream = client.chat.completions.create(
    model="switchyard",
    messages=[{"role": "user", "content": "How much does the A4VTG90 cost?"}],
    metadata={"conversation_id": "demo-1"},
    stream=True,
)
for chunk in stream:
    print(chunk.choices[0].delta.content or "", end="")`,
    },
  ];
}
