import { Box, Typography } from '@mui/material';
import { useEffect, useRef } from 'react';
import { MONO } from '../../theme.ts';

interface Line {
  readonly stream: string;
  readonly text: string;
  /** Milliseconds: since the run began, or since the epoch. */
  readonly at: number;
}

const EPOCH_FLOOR = 1e11;

const clock = (at: number, origin: number): string => `+${((at > EPOCH_FLOOR ? at - origin : at) / 1000).toFixed(2)} s`;

/** What the code printed. While it runs, the newest line stays in sight. */
export function Logs({
  logs,
  startedAt,
  follow,
  maxHeight = 320,
}: {
  logs: readonly Line[];
  startedAt?: number;
  follow?: boolean;
  maxHeight?: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current;
    if (follow && box) box.scrollTop = box.scrollHeight;
  }, [logs.length, follow]);
  const origin = startedAt ?? logs[0]?.at ?? 0;
  if (logs.length === 0)
    return (
      <Typography variant="body2" color="textSecondary" sx={{ px: 2, py: 1.5 }}>
        {follow ? 'Nothing printed so far.' : 'The code printed nothing.'}
      </Typography>
    );
  return (
    <Box
      ref={place}
      role="log"
      aria-label="Logs"
      data-testid="logs"
      tabIndex={0}
      sx={{ maxHeight, overflow: 'auto', py: 1, fontFamily: MONO, fontSize: 12.5, lineHeight: 1.6 }}
    >
      {logs.map((line, index) => (
        <Box key={index} sx={{ display: 'flex', gap: 1.5, px: 2 }}>
          <Box
            component="span"
            sx={{ color: 'text.secondary', flexShrink: 0, userSelect: 'none', fontVariantNumeric: 'tabular-nums' }}
          >
            {clock(line.at, origin)}
          </Box>
          <Box
            component="span"
            sx={{
              whiteSpace: 'pre-wrap',
              overflowWrap: 'anywhere',
              minWidth: 0,
              color:
                line.stream === 'stderr' || line.stream === 'error'
                  ? 'error.main'
                  : line.stream === 'warn'
                    ? 'warning.main'
                    : 'text.primary',
            }}
          >
            {line.text.replace(/\n$/, '')}
          </Box>
        </Box>
      ))}
    </Box>
  );
}
