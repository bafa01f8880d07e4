import { Box, Card, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { Mark } from '../layout/Mark.tsx';
import { RAIL } from '../theme.ts';

/** Tracks behind the card: lines that part at switches, in the colours of the rail. */
function Tracks() {
  return (
    <Box
      component="svg"
      viewBox="0 0 1200 700"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      sx={{ position: 'absolute', inset: 0, width: '100%', height: '100%' }}
    >
      <g fill="none" stroke="#1f4955" strokeWidth="3">
        <path d="M-20 560H1220" />
        <path d="M-20 470H300c110 0 120-90 240-90h680" />
        <path d="M-20 250H1220" />
        <path d="M620 380c110 0 110-130 230-130" />
        <path d="M-20 120H180c120 0 130 130 250 130" />
        <path d="M700 560c120 0 120 70 240 70h280" />
      </g>
      <path
        d="M-20 560H60c110 0 130-90 240-90c110 0 120-90 240-90h680"
        fill="none"
        stroke={RAIL.signal}
        strokeWidth="3.5"
        opacity="0.8"
      />
      <g fill={RAIL.ground} strokeWidth="3.5">
        <circle cx="70" cy="560" r="7" stroke={RAIL.signal} />
        <circle cx="300" cy="470" r="7" stroke={RAIL.signal} />
        <circle cx="630" cy="380" r="6" stroke="#2d6170" />
        <circle cx="850" cy="250" r="6" stroke="#2d6170" />
        <circle cx="700" cy="560" r="6" stroke="#2d6170" />
      </g>
    </Box>
  );
}

/** The page of whoever is not signed in yet: sign-in, invitation, consent. */
export function Front({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  return (
    <Box
      component="main"
      sx={{
        position: 'relative',
        minHeight: '100dvh',
        bgcolor: RAIL.ground,
        display: 'grid',
        placeItems: 'center',
        p: 2,
        overflow: 'hidden',
      }}
    >
      <Tracks />
      <Card sx={{ position: 'relative', width: '100%', maxWidth: 420, p: { xs: 3, sm: 4 }, borderRadius: 3 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25, mb: 3 }}>
          <Mark size={36} />
          <Typography component="span" sx={{ fontSize: 18, fontWeight: 700, letterSpacing: '-0.01em' }}>
            Switchyard
          </Typography>
        </Box>
        <Typography variant="h1">{title}</Typography>
        <Typography variant="body2" color="textSecondary" sx={{ mt: 0.75, mb: 3 }}>
          {lead}
        </Typography>
        {children}
      </Card>
    </Box>
  );
}
