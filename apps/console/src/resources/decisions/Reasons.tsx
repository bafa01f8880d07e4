import { Box } from '@mui/material';
import { MONO } from '../../theme.ts';

export function Reasons({ reasons }: { reasons: readonly { readonly code: string; readonly message: string }[] }) {
  return (
    <>
      {reasons.map((reason) => (
        <Box key={`${reason.code} ${reason.message}`} sx={{ minWidth: 160 }}>
          {reason.message}
          <Box component="span" sx={{ color: 'text.secondary', fontFamily: MONO, fontSize: 11.5, ml: 0.75 }}>
            {reason.code}
          </Box>
        </Box>
      ))}
    </>
  );
}
