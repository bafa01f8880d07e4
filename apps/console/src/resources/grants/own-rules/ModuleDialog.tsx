import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Tab,
  Tabs,
  TextField,
  Typography,
  useMediaQuery,
} from '@mui/material';
import type { Theme } from '@mui/material/styles';
import { useRef, useState } from 'react';
import { messageOf } from '../../../api/errors.ts';
import { useApi, useChange } from '../../../api/use-api.ts';
import { Code } from '../../../code/Code.tsx';
import type { CodeHandle } from '../../../code/CodeMirror.tsx';
import { Problem } from '../../../ui/Problem.tsx';
import { RowsSkeleton } from '../../../ui/PageSkeleton.tsx';
import { EXAMPLE_RULES, EXAMPLE_TESTS } from './example.ts';
import { PolicyModuleDocument, UploadPolicyModuleDocument, type ModuleProblem } from './queries.ts';

type File = 'rules' | 'tests';
const NAMES: Readonly<Record<File, string>> = { rules: 'rules.rego', tests: 'rules_test.rego' };

interface Props {
  /** The revision to begin with; none: an example. */
  readonly from: number | undefined;
  /** Why nothing can be sent; the text is shown all the same. */
  readonly missing: string | undefined;
  readonly editable: boolean;
  readonly onClose: () => void;
}

function Problems({ problems, onOpen }: { problems: readonly ModuleProblem[]; onOpen: (one: ModuleProblem) => void }) {
  return (
    <Alert severity="error" data-testid="module-problems">
      Nothing was kept:
      <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
        {problems.map((one, at) => (
          <li key={at}>
            {one.line > 0 && (
              <Button size="small" onClick={() => onOpen(one)} sx={{ p: 0, mr: 1, minWidth: 0 }}>
                {one.file === 'tests' ? NAMES.tests : NAMES.rules}:{one.line}:{one.column}
              </Button>
            )}
            <Box component="span" sx={{ overflowWrap: 'anywhere' }}>
              {one.message}
            </Box>
          </li>
        ))}
      </Box>
    </Alert>
  );
}

function Editor({
  source,
  tests,
  editable,
  missing,
  onClose,
}: Omit<Props, 'from'> & { source: string; tests: string }) {
  const [texts, setTexts] = useState<Readonly<Record<File, string>>>({ rules: source, tests });
  const [file, setFile] = useState<File>('rules');
  const [comment, setComment] = useState('');
  const [problems, setProblems] = useState<readonly ModuleProblem[]>([]);
  const handle = useRef<CodeHandle>(null);
  const upload = useChange(UploadPolicyModuleDocument, {
    quiet: true,
    done: ({ uploadPolicyModule: { module, problems: found } }) => {
      setProblems(found);
      if (module) onClose();
      else if (found[0]) setFile(found[0].file === 'tests' ? 'tests' : 'rules');
    },
  });
  const send = () => upload.mutate({ source: texts.rules, tests: texts.tests, comment: comment || null });
  const mayEdit = editable && missing === undefined;
  return (
    <>
      <DialogContent sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)', alignContent: 'start' }}>
        <Typography variant="body2" color="textSecondary">
          These rules are asked after grants and rules, with what a decision is made on, and only take back:{' '}
          <code>deny</code>, <code>approval</code>, <code>mask_fields</code>, <code>row_cap</code>,{' '}
          <code>call_cap</code>. The strictest of all wins. They are compiled and tested when they are sent, and kept
          when both succeed.
        </Typography>
        <Tabs value={file} onChange={(_, next: File) => setFile(next)} aria-label="Files">
          {(['rules', 'tests'] as const).map((each) => (
            <Tab
              key={each}
              value={each}
              label={NAMES[each]}
              data-testid={`file-${each}`}
              sx={{ textTransform: 'none' }}
            />
          ))}
        </Tabs>
        <Box sx={{ border: 1, borderColor: 'divider', borderRadius: 1, overflow: 'hidden' }}>
          <Code
            key={file}
            text={texts[file]}
            label={NAMES[file]}
            language="rego"
            {...(mayEdit
              ? { onChange: (text: string) => setTexts((before) => ({ ...before, [file]: text })), onRun: send }
              : {})}
            findings={problems
              .filter((one) => (one.file === 'tests' ? 'tests' : 'rules') === file)
              .map((one) => ({ ...one, column: Math.max(one.column, 1), stage: 'opa', code: one.file }))}
            minHeight="30vh"
            maxHeight="48vh"
            handle={handle}
          />
        </Box>
        {problems.length > 0 && (
          <Problems
            problems={problems}
            onOpen={(one) => {
              setFile(one.file === 'tests' ? 'tests' : 'rules');
              setTimeout(() => handle.current?.goTo(one.line, one.column), 50);
            }}
          />
        )}
        {upload.isError && <Alert severity="error">{messageOf(upload.error)}</Alert>}
        {mayEdit && (
          <TextField
            label="Why"
            value={comment}
            onChange={(event) => setComment(event.target.value)}
            slotProps={{ htmlInput: { maxLength: 500 } }}
          />
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Close</Button>
        {mayEdit && (
          <Button variant="contained" onClick={send} loading={upload.isPending} data-testid="upload-module">
            Compile, test and keep
          </Button>
        )}
      </DialogActions>
    </>
  );
}

function Earlier({ from, ...props }: Omit<Props, 'from'> & { from: number }) {
  const { data, error, refetch } = useApi(PolicyModuleDocument, { revision: from });
  if (data) return <Editor {...props} source={data.policyModule.source} tests={data.policyModule.tests} />;
  return (
    <DialogContent>{error ? <Problem error={error} retry={() => void refetch()} /> : <RowsSkeleton />}</DialogContent>
  );
}

/** The editor of a tenant's own rules and their tests. */
export function ModuleDialog({ from, ...props }: Props) {
  const narrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('sm'));
  return (
    <Dialog open onClose={props.onClose} maxWidth="lg" fullWidth fullScreen={narrow} aria-labelledby="module-title">
      <DialogTitle id="module-title" component="h2">
        {from === undefined ? 'Own rules' : `Own rules, from revision ${from}`}
      </DialogTitle>
      {from === undefined ? (
        <Editor {...props} source={EXAMPLE_RULES} tests={EXAMPLE_TESTS} />
      ) : (
        <Earlier {...props} from={from} />
      )}
    </Dialog>
  );
}
