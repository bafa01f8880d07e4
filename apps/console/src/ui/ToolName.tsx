import { Box } from '@mui/material';
import { MONO } from '../theme.ts';

/** A tool as `server.tool`; a long one breaks after the server first. */
export function ToolName({ server, tool }: { server: string; tool: string }) {
  return (
    <Box component="span" sx={{ fontFamily: MONO, fontSize: 12.5, overflowWrap: 'anywhere' }}>
      <Box component="span" sx={{ color: 'text.secondary' }}>
        {server}.
      </Box>
      <wbr />
      {tool}
    </Box>
  );
}
