import { Alert, Box, Button, Typography } from '@mui/material';
import { useState, type Ref } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { Code } from '../../code/Code.tsx';
import type { CodeHandle } from '../../code/CodeMirror.tsx';
import type { CodeFinding } from '../../code/diagnostics.ts';
import { Findings } from '../../code/Findings.tsx';
import { plural } from '../../format.ts';
import type { CountRunLinesMutation } from '../../gql/graphql.ts';
import { useCan } from '../../session/use-viewer.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { Section } from '../../ui/Page.tsx';
import { CountRunLinesDocument, type Run } from './queries.ts';

interface Props {
  readonly run: Run;
  readonly markers: readonly CodeFinding[];
  readonly handle: Ref<CodeHandle>;
  readonly onOpen: (line: number, column?: number) => void;
}

/** The code of a run with its findings and, when asked for, the lines that ran. */
export function RanCode({ run, markers, handle, onOpen }: Props) {
  const mayReview = useCan('reviews.read');
  const [found, setFound] = useState<CountRunLinesMutation['countRunLines']>();
  const count = useChange(CountRunLinesDocument, { quiet: true, done: (answer) => setFound(answer.countRunLines) });
  const lines = found?.runId === run.id ? found : undefined;
  const mayCount = mayReview && run.content.canReplay && run.status !== 'rejected';
  return (
    <Section
      title="Code"
      aside={
        <Box sx={{ display: 'flex', gap: 1, alignItems: 'center' }}>
          {mayCount && !lines && (
            <Button
              size="small"
              onClick={() => count.mutate({ id: run.id })}
              loading={count.isPending}
              data-testid="count-lines"
            >
              Which lines ran?
            </Button>
          )}
          <CopyButton text={run.code} label="Copy code" />
        </Box>
      }
      flush
    >
      {lines && (
        <Typography variant="body2" color="textSecondary" sx={{ px: 2, pb: 1 }} data-testid="counted-lines">
          ✓ {plural(lines.executed.length, 'line')} ran, – {lines.missed.length} did not. Found by running the code
          again against what its calls gave, with each statement counted: no tool was called.
          {!lines.faithful && ' It made other calls than the run did, so that it may have gone another way.'}
        </Typography>
      )}
      {count.isError && (
        <Alert severity="info" sx={{ mx: 2, mb: 1 }}>
          {messageOf(count.error)}
        </Alert>
      )}
      <Code
        text={run.code}
        label="Code that ran"
        findings={markers}
        handle={handle}
        maxHeight={520}
        {...(lines ? { lines } : {})}
      />
      <Findings findings={run.findings} onOpen={(finding) => onOpen(finding.line, finding.column)} />
    </Section>
  );
}
