import { Box } from '@mui/material';
import { lazy, Suspense } from 'react';
import { MONO } from '../theme.ts';
import type { CodeMirrorProps } from './CodeMirror.tsx';

const CodeMirror = lazy(() => import('./CodeMirror.tsx'));

/** Highlighted code. Until the editor has loaded, and where it cannot, the plain text stands in its place. */
export function Code(props: CodeMirrorProps) {
  return (
    <Suspense
      fallback={
        <Box
          component="pre"
          sx={{
            m: 0,
            p: 1.5,
            pl: 6,
            fontFamily: MONO,
            fontSize: 13,
            lineHeight: 1.6,
            overflow: 'auto',
            minHeight: props.minHeight,
            maxHeight: props.maxHeight,
          }}
        >
          {props.text}
        </Box>
      }
    >
      <CodeMirror {...props} />
    </Suspense>
  );
}
