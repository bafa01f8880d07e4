import { Box } from '@mui/material';
import { Cell } from './Cell.tsx';
import { matrixStyle } from './matrix-style.ts';
import type { Effect } from './effect.ts';

const SAMPLES: readonly (readonly [words: string, explicit: Effect | undefined, effect: Effect, by: string])[] = [
  ['allowed here', 'allow', 'allow', 'x'],
  ['denied here', 'deny', 'deny', 'x'],
  ['allowed by a wider grant', undefined, 'allow', 'x'],
  ['denied by a wider grant', undefined, 'deny', 'x'],
  ['not granted: denied', undefined, 'deny', ''],
  ['allowed here, but a deny beats it', 'allow', 'deny', 'x'],
];

export function Legend() {
  return (
    <Box
      aria-hidden="true"
      sx={[
        ...(Array.isArray(matrixStyle) ? matrixStyle : [matrixStyle]),
        {
          display: 'flex',
          flexWrap: 'wrap',
          columnGap: 2,
          rowGap: 0.5,
          fontSize: 12.5,
          color: 'text.secondary',
          mb: 1.5,
        },
      ]}
    >
      {SAMPLES.map(([words, explicit, effect, by]) => (
        <Box
          key={words}
          sx={{ display: 'flex', alignItems: 'center', gap: 0.75, '& .cell': { transform: 'scale(0.8)' } }}
        >
          <Cell
            explicit={explicit}
            effect={effect}
            inherited={false}
            by={by}
            changed={false}
            editable={false}
            subject=""
            target=""
            onCycle={() => undefined}
          />
          {words}
        </Box>
      ))}
    </Box>
  );
}
