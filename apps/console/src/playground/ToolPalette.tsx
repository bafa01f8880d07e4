import { Box, Button, ButtonBase, Collapse, Typography } from '@mui/material';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { Code } from '../code/Code.tsx';
import { MONO } from '../theme.ts';
import { Section } from '../ui/Page.tsx';
import { RowsSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { useImportables, type ImportableTool } from './use-importables.ts';

function Entry({ tool, onImport }: { tool: ImportableTool; onImport: (tool: ImportableTool) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <Box component="li" sx={{ borderTop: 1, borderColor: 'divider' }}>
      <Box sx={{ display: 'flex', alignItems: 'flex-start', pr: 1 }}>
        <ButtonBase
          onClick={() => setOpen(!open)}
          aria-expanded={open}
          sx={{
            flex: 1,
            minWidth: 0,
            display: 'block',
            textAlign: 'left',
            px: 2,
            py: 0.9,
            '&:hover': { bgcolor: 'action.hover' },
          }}
        >
          <Typography component="div" noWrap sx={{ fontFamily: MONO, fontSize: 12.5 }}>
            <Box component="span" sx={{ color: 'text.secondary' }}>
              {tool.server}/
            </Box>
            {tool.functionName}
          </Typography>
          <Typography component="div" variant="caption" color="textSecondary" noWrap={!open}>
            {tool.description}
          </Typography>
        </ButtonBase>
        <Button
          size="small"
          onClick={() => onImport(tool)}
          aria-label={`Import ${tool.functionName}`}
          sx={{ mt: 0.75, minWidth: 0 }}
        >
          Import
        </Button>
      </Box>
      <Collapse in={open} unmountOnExit>
        <Box sx={{ borderTop: 1, borderColor: 'divider', bgcolor: 'background.default' }}>
          <Code text={tool.declaration} label={`Declaration of ${tool.functionName}`} maxHeight={260} />
        </Box>
      </Collapse>
    </Box>
  );
}

/** The tools that this person may use, to read about and to import. */
export function ToolPalette({ onImport }: { onImport: (tool: ImportableTool) => void }) {
  const [query, setQuery] = useState('');
  const { data, error, refetch } = useImportables(query);
  return (
    <Section title="Tools you may import" flush>
      <Box sx={{ px: 2, pb: 1.5 }}>
        <SearchField label="What should it do?" value={query} onChange={setQuery} fullWidth />
      </Box>
      {data ? (
        <Box
          component="ul"
          aria-label="Tools you may import"
          sx={{ m: 0, p: 0, listStyle: 'none', maxHeight: { xs: 320, lg: '62vh' }, overflow: 'auto' }}
        >
          {data.map((tool) => (
            <Entry key={`${tool.server}/${tool.functionName}`} tool={tool} onImport={onImport} />
          ))}
          {data.length === 0 && (
            <Typography variant="body2" color="textSecondary" sx={{ px: 2, pb: 2 }}>
              {query === '' ? (
                <>
                  You have been granted no tool. <Link to="/grants">Look at the grants</Link>.
                </>
              ) : (
                'No tool that you may use matches.'
              )}
            </Typography>
          )}
        </Box>
      ) : error ? (
        <Problem error={error} retry={() => void refetch()} />
      ) : (
        <RowsSkeleton rows={5} />
      )}
    </Section>
  );
}
