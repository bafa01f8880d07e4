import { ListItem, ListItemButton, ListItemIcon, ListItemText } from '@mui/material';
import { useEffect, useRef } from 'react';
import { NavLink, useMatch } from 'react-router-dom';
import { RAIL } from '../theme.ts';
import { WaitingCount } from './WaitingCount.tsx';
import type { MenuItem } from './menu-items.ts';

/** A group that opens for this page has its height by then. */
const UNFOLDED_MS = 350;

export function MenuLink({ item, onChosen }: { item: MenuItem; onChosen?: (() => void) | undefined }) {
  const { to, label, icon: Icon, counts } = item;
  const here = useMatch({ path: to, end: to === '/' }) !== null;
  const place = useRef<HTMLLIElement>(null);
  // The menu may be longer than the screen: where one is stays in sight.
  useEffect(() => {
    if (!here) return undefined;
    const timer = window.setTimeout(() => place.current?.scrollIntoView({ block: 'nearest' }), UNFOLDED_MS);
    return () => window.clearTimeout(timer);
  }, [here]);
  return (
    <ListItem disablePadding ref={place}>
      <ListItemButton
        component={NavLink}
        to={to}
        end={to === '/'}
        {...(onChosen ? { onClick: onChosen } : {})}
        sx={{
          borderRadius: 1.5,
          overflow: 'visible',
          py: 0.25,
          minHeight: 32,
          px: 1.25,
          mb: '2px',
          color: RAIL.text,
          '&:hover': { bgcolor: RAIL.raised },
          '&.active': { bgcolor: RAIL.raised, color: '#fff' },
          '&.active::before': {
            content: '""',
            position: 'absolute',
            left: -8,
            top: 6,
            bottom: 6,
            width: 3,
            borderRadius: '0 3px 3px 0',
            bgcolor: RAIL.signal,
          },
          '&:focus-visible': { outlineColor: RAIL.signal, outlineOffset: -2 },
        }}
      >
        <ListItemIcon sx={{ minWidth: 32, color: 'inherit' }}>
          <Icon sx={{ fontSize: 20 }} />
        </ListItemIcon>
        <ListItemText
          primary={label}
          sx={{ my: 0 }}
          slotProps={{ primary: { sx: { fontSize: 14, fontWeight: 550 } } }}
        />
        {counts === 'approvals' && <WaitingCount />}
      </ListItemButton>
    </ListItem>
  );
}
