import { Alert, Box, Button, Tab, Tabs, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useCan, useViewer } from '../session/use-viewer.ts';
import { Page, Section } from '../ui/Page.tsx';
import { Snippet } from '../ui/Snippet.tsx';
import { chatSnippets, mcpSnippets, restSnippets } from './snippets.ts';

const PLACEHOLDER = 'YOUR_API_KEY';

function Choices({ label, snippets }: { label: string; snippets: ReturnType<typeof mcpSnippets> }) {
  const [chosen, setChosen] = useState(snippets[0]?.id ?? '');
  const snippet = snippets.find((each) => each.id === chosen);
  return (
    <>
      <Tabs
        value={chosen}
        onChange={(_, next: string) => setChosen(next)}
        variant="scrollable"
        scrollButtons={false}
        aria-label={label}
        sx={{ mb: 1.5, mt: -1 }}
      >
        {snippets.map((each) => (
          <Tab key={each.id} value={each.id} label={each.label} />
        ))}
      </Tabs>
      {snippet && (
        <>
          <Typography variant="body2" color="textSecondary" sx={{ mb: 1 }}>
            {snippet.where}
          </Typography>
          <Snippet text={snippet.text} label={`${snippet.label} snippet`} />
        </>
      )}
    </>
  );
}

export default function Connect() {
  const { publicUrl } = useViewer();
  const mayMakeKeys = useCan('keys.write');
  const [key, setKey] = useState('');
  const shown = key.trim() === '' ? PLACEHOLDER : key.trim();
  return (
    <Page
      title="Connect"
      lead="Let a client or a program use the tools of this tenant, as far as the grants of its key go."
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Section title="1. A key">
          <Box sx={{ display: 'flex', gap: 1.5, flexWrap: 'wrap', alignItems: 'flex-start' }}>
            <TextField
              label="Your API key"
              type="password"
              value={key}
              onChange={(event) => setKey(event.target.value)}
              autoComplete="off"
              helperText="Filled into the snippets below. It stays in this page: it is sent nowhere, and gone when you leave."
              sx={{ flex: '1 1 300px' }}
            />
            {mayMakeKeys && (
              <Button component={Link} to="/keys" variant="outlined">
                Create a key
              </Button>
            )}
          </Box>
          <Alert severity="info" sx={{ mt: 2 }}>
            A key needs the scopes <code>runs</code> and <code>tools</code>, and sees only what “All API keys”, or the
            key itself, was granted on the page <Link to="/grants">Grants</Link>.
          </Alert>
        </Section>
        <Section title="2. MCP clients">
          <Choices label="MCP clients" snippets={mcpSnippets(publicUrl, shown)} />
          <Typography variant="caption" color="textSecondary" component="p" sx={{ m: 0, mt: 1.5 }}>
            Any other client: streamable HTTP at <code>{publicUrl}/mcp</code> with the header{' '}
            <code>Authorization: Bearer …</code>. It gets the tools search_tools, describe_tools and execute_code.
          </Typography>
        </Section>
        <Section title="Or: your chat app">
          <Choices label="OpenAI SDKs" snippets={chatSnippets(publicUrl, shown)} />
          <Typography variant="caption" color="textSecondary" component="p" sx={{ m: 0, mt: 1.5 }}>
            An app that uses an OpenAI SDK changes its base URL and its key, which needs the scope <code>chat</code>.
            Its own tools stay its own.
          </Typography>
        </Section>
        <Section title="Or: your back end">
          <Choices label="REST calls" snippets={restSnippets(publicUrl, shown)} />
          <Typography variant="caption" color="textSecondary" component="p" sx={{ m: 0, mt: 1.5 }}>
            The whole contract stands in <a href="/openapi.json">/openapi.json</a>.
          </Typography>
        </Section>
      </Box>
    </Page>
  );
}
