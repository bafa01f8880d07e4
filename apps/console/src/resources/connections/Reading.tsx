import { Alert, Box, LinearProgress, Typography } from '@mui/material';

interface ReadingProps {
  /** What is being done; nothing where it has ended. */
  readonly doing?: string | undefined;
  /** For those who cannot see the bar. */
  readonly label: string;
  /** 0 to 100; unknown where it is left out. */
  readonly percent?: number | undefined;
  readonly error?: string | null | undefined;
}

/** How far the reading of a catalogue or a site is, and what went wrong with it. */
export function Reading({ doing, label, percent, error }: ReadingProps) {
  return (
    <>
      {doing !== undefined && (
        <Box role="status" sx={{ mb: 1.5 }}>
          <Typography variant="body2">{doing}</Typography>
          <LinearProgress
            sx={{ mt: 0.5, borderRadius: 1 }}
            aria-label={label}
            {...(percent === undefined ? {} : { variant: 'determinate', value: percent })}
          />
        </Box>
      )}
      {error != null && (
        <Alert severity="error" sx={{ mb: 1.5 }}>
          {error}
        </Alert>
      )}
    </>
  );
}
