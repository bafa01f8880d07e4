import { Box, Button, ListItemText, Menu, MenuItem, Typography } from '@mui/material';
import PlayIcon from '@mui/icons-material/PlayArrow';
import StopIcon from '@mui/icons-material/Stop';
import ExpandIcon from '@mui/icons-material/KeyboardArrowDown';
import { useRef, useState } from 'react';
import type { CodeHandle } from '../code/CodeMirror.tsx';
import { Code } from '../code/Code.tsx';
import { importChange } from '../code/import-change.ts';
import { Findings } from '../code/Findings.tsx';
import { parseRunError } from '../resources/runs/words.ts';
import { useCan } from '../session/use-viewer.ts';
import { Page, Section } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { recallDraft, rememberDraft } from './draft.ts';
import { EXAMPLES, SEARCH_EXAMPLE } from './examples.ts';
import { Output } from './Output.tsx';
import { ToolPalette } from './ToolPalette.tsx';
import { useImportables, type ImportableTool } from './use-importables.ts';
import { useRun } from './use-run.ts';

function Examples({ onChoose }: { onChoose: (code: string) => void }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <Button
        size="small"
        endIcon={<ExpandIcon />}
        onClick={(event) => setAnchor(event.currentTarget)}
        aria-haspopup="menu"
        data-testid="examples"
      >
        Examples
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {EXAMPLES.map((example) => (
          <MenuItem
            key={example.title}
            onClick={() => {
              setAnchor(null);
              onChoose(example.code);
            }}
          >
            <ListItemText primary={example.title} />
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}

export default function Playground() {
  const mayRun = useCan('runs.execute');
  const editor = useRef<CodeHandle>(null);
  const [code, setCode] = useState(() => recallDraft() ?? SEARCH_EXAMPLE.code);
  /** Findings point into the code that ran: they fall away once it is changed. */
  const [ran, setRan] = useState('');
  const { state, start, stop } = useRun();
  const tools = useImportables('');
  const running = state.phase === 'running';

  const change = (next: string) => {
    setCode(next);
    rememberDraft(next);
  };
  const replace = (next: string) => {
    change(next);
    editor.current?.replace(next);
  };
  const run = () => {
    if (running || code.trim() === '') return;
    setRan(code);
    void start(code);
  };
  const addImport = (tool: ImportableTool) => {
    const edit = importChange(code, tool);
    if (edit) replace(code.slice(0, edit.from) + edit.insert + code.slice(edit.to));
  };
  const goTo = (line: number, column?: number) => editor.current?.goTo(line, column);

  if (!mayRun)
    return (
      <Problem
        error={new Error('Your role does not run code in this tenant. Ask an admin.')}
        title="You may not run code here"
        tall
      />
    );
  const current = state.answer && ran === code ? state.answer : undefined;
  const error = current && parseRunError(current.error);
  const markers = current
    ? [
        ...current.findings,
        ...(error?.line === undefined
          ? []
          : [{ stage: 'run', code: error.title, message: error.message, line: error.line, column: error.column ?? 1 }]),
      ]
    : [];
  return (
    <Page
      title="Playground"
      lead="Runs code as you, with the tools that you were granted. Every run is saved like any other."
      wide
    >
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0,1fr)', lg: 'minmax(0, 1fr) 340px' },
          alignItems: 'start',
        }}
      >
        <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', minWidth: 0 }}>
          <Section
            title="Code"
            aside={
              <>
                <Examples onChoose={replace} />
                {running ? (
                  <Button variant="contained" color="error" startIcon={<StopIcon />} onClick={stop} data-testid="stop">
                    Stop
                  </Button>
                ) : (
                  <Button
                    variant="contained"
                    startIcon={<PlayIcon />}
                    onClick={run}
                    disabled={code.trim() === ''}
                    data-testid="run"
                  >
                    Run
                  </Button>
                )}
              </>
            }
            flush
          >
            <Code
              text={code}
              label="Code to run"
              onChange={change}
              onRun={run}
              findings={markers}
              importables={tools.data ?? []}
              handle={editor}
              minHeight={220}
              maxHeight="52vh"
            />
            {current && (
              <Findings findings={current.findings} onOpen={(finding) => goTo(finding.line, finding.column)} />
            )}
            <Typography
              variant="caption"
              color="textSecondary"
              component="div"
              sx={{ px: 2, py: 0.75, borderTop: 1, borderColor: 'divider' }}
            >
              <kbd>Ctrl</kbd> + <kbd>Enter</kbd> runs it. <kbd>Esc</kbd>, then <kbd>Tab</kbd> leaves the editor.
            </Typography>
          </Section>
          <Output state={state} onOpenLine={goTo} />
        </Box>
        <ToolPalette onImport={addImport} />
      </Box>
    </Page>
  );
}
