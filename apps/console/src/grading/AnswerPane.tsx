import { Box, Typography } from '@mui/material';

/** One of two answers, without a word of where it comes from. */
export function AnswerPane({ title, text, chosen }: { title: string; text: string; chosen: boolean }) {
  return (
    <Box
      component="article"
      aria-label={title}
      sx={{
        bgcolor: 'background.paper',
        border: 2,
        borderColor: chosen ? 'primary.main' : 'divider',
        borderRadius: 2,
        p: 2,
        minWidth: 0,
        maxHeight: { md: '48dvh' },
        overflow: 'auto',
      }}
    >
      <Typography variant="overline" color="textSecondary">
        {title}
      </Typography>
      <Typography sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{text}</Typography>
    </Box>
  );
}
