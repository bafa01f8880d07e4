import { Alert, Box, Button, Tab, Tabs, Typography } from '@mui/material';
import { useState } from 'react';
import { useApi, useChange } from '../../api/use-api.ts';
import { Code } from '../../code/Code.tsx';
import { JsonView } from '../../code/JsonView.tsx';
import { formatDateTime } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { Identifier } from '../../ui/Snippet.tsx';
import { AnnotationChips } from './AnnotationChips.tsx';
import { AcceptToolDocument, ToolDocument, type Tool } from './queries.ts';

/** What an admin has accepted, in the form in which a changed definition waits. */
const accepted = ({ name, title, description, inputSchema, outputSchema, annotations }: Tool) => ({
  name,
  ...(title == null ? {} : { title }),
  description,
  inputSchema,
  ...(outputSchema == null ? {} : { outputSchema }),
  annotations,
});

function Held({ tool }: { tool: Tool }) {
  const mayWrite = useCan('connections.write');
  const accept = useChange(AcceptToolDocument, { say: `${tool.functionName} may be called again.` });
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)', mb: 2 }} data-testid="held">
      <Alert
        severity="warning"
        action={
          mayWrite &&
          tool.pending != null && (
            <Button
              color="inherit"
              size="small"
              loading={accept.isPending}
              onClick={() => accept.mutate({ id: tool.id, pendingHash: tool.pendingHash ?? '' })}
              data-testid="accept-tool"
            >
              Accept the change
            </Button>
          )
        }
      >
        {tool.problem ?? 'The server changed this tool’s definition.'} A changed description can carry instructions to
        the model: read the difference before you accept it.
      </Alert>
      {tool.pending != null && (
        <Diff before={accepted(tool)} after={tool.pending} label="Accepted and changed definition" />
      )}
    </Box>
  );
}

export function ToolBody({ tool }: { tool: Tool }) {
  const [tab, setTab] = useState<'code' | 'input' | 'output'>('code');
  const declaration = tool.learnedDeclaration ?? tool.declaration;
  return (
    <Box sx={{ minWidth: 0 }}>
      {tool.status === 'held' && <Held tool={tool} />}
      {tool.status !== 'held' && tool.problem != null && (
        <Alert severity={tool.status === 'invalid' ? 'error' : 'info'} sx={{ mb: 2 }}>
          {tool.problem}
        </Alert>
      )}
      <Box
        sx={{
          display: 'grid',
          gap: 2.5,
          gridTemplateColumns: { xs: 'minmax(0,1fr)', md: 'minmax(0, 2fr) minmax(0, 3fr)' },
          alignItems: 'start',
        }}
      >
        <Box sx={{ minWidth: 0 }}>
          <Typography
            variant="body2"
            sx={{ whiteSpace: 'pre-wrap', mb: 2, overflowWrap: 'anywhere', maxHeight: 260, overflow: 'auto' }}
          >
            {tool.description || 'The server describes it with no word.'}
          </Typography>
          <Facts
            rows={[
              [
                'Import',
                <Identifier
                  key="i"
                  label="import"
                  value={`import { ${tool.functionName} } from 'servers/${tool.server}';`}
                />,
              ],
              ['Upstream name', <code key="n">{tool.name}</code>],
              ['Category', tool.category],
              ['Server’s hints', <AnnotationChips key="a" annotations={tool.annotations} />],
              ['Pinned', formatDateTime(tool.pinnedAt)],
              ['Hash', <Identifier key="h" label="definition hash" value={tool.definitionHash} />],
            ]}
          />
          <Typography variant="caption" color="textSecondary" component="p" sx={{ m: 0, mt: 1.5 }}>
            Hints are claimed by the server. Policy never allows anything because of them.
          </Typography>
        </Box>
        <Box
          sx={{
            minWidth: 0,
            border: 1,
            borderColor: 'divider',
            borderRadius: 1.5,
            bgcolor: 'background.paper',
            overflow: 'hidden',
          }}
        >
          <Box sx={{ display: 'flex', alignItems: 'center', pr: 1, borderBottom: 1, borderColor: 'divider' }}>
            <Tabs
              value={tab}
              onChange={(_, next: typeof tab) => setTab(next)}
              aria-label="Definition"
              sx={{ flex: 1 }}
              variant="scrollable"
            >
              <Tab value="code" label="TypeScript" />
              <Tab value="input" label="Input schema" />
              <Tab value="output" label="Output schema" />
            </Tabs>
            {tab === 'code' && <CopyButton text={declaration} label="Copy declaration" />}
          </Box>
          {tab === 'code' ? (
            <Code text={declaration} label={`Declaration of ${tool.functionName}`} maxHeight={380} />
          ) : tab === 'input' ? (
            <Box sx={{ p: 1.5 }}>
              <JsonView value={tool.inputSchema} label="input schema" />
            </Box>
          ) : (
            <Box sx={{ p: 1.5 }}>
              {tool.outputSchema == null ? (
                <Typography variant="body2" color="textSecondary">
                  {tool.learnedFrom == null
                    ? 'The server declares none, and no result has been seen yet.'
                    : 'The server declares none. What TypeScript shows was learned from results: names and types, and no value.'}
                </Typography>
              ) : (
                <JsonView value={tool.outputSchema} label="output schema" />
              )}
            </Box>
          )}
        </Box>
      </Box>
    </Box>
  );
}

export function ToolDetail({ id }: { id: string }) {
  const { data, error, refetch } = useApi(ToolDocument, { id });
  if (data) return <ToolBody tool={data.tool} />;
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  return <RowsSkeleton rows={4} />;
}
