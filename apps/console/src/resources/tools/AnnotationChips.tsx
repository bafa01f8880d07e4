import { Box, Chip, Tooltip } from '@mui/material';
import { hintsOf } from './hints.ts';

/** What the server claims about its tool. Policy never allows anything because of it. */
export function AnnotationChips({ annotations }: { annotations: unknown }) {
  const hints = hintsOf(annotations);
  if (hints.length === 0) return <Box sx={{ color: 'text.secondary', fontSize: 13 }}>none</Box>;
  return (
    <Box sx={{ display: 'flex', gap: 0.5, flexWrap: 'wrap' }}>
      {hints.map((hint) => (
        <Tooltip key={hint.label} title={`${hint.meaning} So the server claims; nobody has checked it.`}>
          <Chip
            size="small"
            variant="outlined"
            label={hint.label}
            color={hint.grave ? 'warning' : 'default'}
            sx={{ height: 22, fontSize: 12, fontWeight: 450 }}
          />
        </Tooltip>
      ))}
    </Box>
  );
}
