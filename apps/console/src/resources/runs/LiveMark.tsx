import { Box, Tooltip, Typography } from '@mui/material';
import { useLiveState, type LiveState } from '../../api/live.ts';

const WORDS: Readonly<Record<LiveState, readonly [label: string, tip: string]>> = {
  live: ['Live', 'New runs appear by themselves.'],
  connecting: ['Connecting…', 'New runs will appear by themselves in a moment.'],
  waiting: [
    'Reconnecting…',
    'The live connection broke. It is being restored; until then, load the page anew to see new runs.',
  ],
};

export function LiveMark() {
  const state = useLiveState();
  const [label, tip] = WORDS[state];
  return (
    <Tooltip title={tip}>
      <Box
        data-testid="live"
        data-state={state}
        tabIndex={0}
        sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.75, px: 0.5 }}
      >
        <Box
          sx={{
            width: 8,
            height: 8,
            borderRadius: '50%',
            bgcolor: state === 'live' ? 'success.main' : 'text.disabled',
            ...(state === 'live'
              ? { animation: 'live 2.4s ease-in-out infinite', '@keyframes live': { '50%': { opacity: 0.35 } } }
              : {}),
          }}
        />
        <Typography variant="caption" color="textSecondary">
          {label}
        </Typography>
      </Box>
    </Tooltip>
  );
}
