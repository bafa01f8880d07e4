import { ListItem, ListItemButton, ListItemIcon, ListItemText } from '@mui/material';
import { NavLink } from 'react-router-dom';
import { RAIL } from '../theme.ts';
import type { MenuItem } from './menu-items.ts';

export function MenuLink({ item, onChosen }: { item: MenuItem; onChosen?: (() => void) | undefined }) {
  const { to, label, icon: Icon } = item;
  return (
    <ListItem disablePadding>
      <ListItemButton
        component={NavLink}
        to={to}
        end={to === '/'}
        {...(onChosen ? { onClick: onChosen } : {})}
        sx={{
          borderRadius: 1.5,
          overflow: 'visible',
          py: 0.5,
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
        <ListItemText primary={label} slotProps={{ primary: { sx: { fontSize: 14, fontWeight: 550 } } }} />
      </ListItemButton>
    </ListItem>
  );
}
