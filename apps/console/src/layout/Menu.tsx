import { Box, List, ListItem, ListItemButton, ListItemIcon, ListItemText, Typography } from '@mui/material';
import { NavLink } from 'react-router-dom';
import { useViewer } from '../session/use-viewer.ts';
import { RAIL } from '../theme.ts';
import { Mark } from './Mark.tsx';
import { MENU } from './menu-items.ts';

export function Menu({ onChosen }: { onChosen?: () => void }) {
  const { permissions, version } = useViewer();
  return (
    <Box
      component="nav"
      aria-label="Main"
      sx={{
        height: '100%',
        display: 'flex',
        flexDirection: 'column',
        bgcolor: RAIL.ground,
        color: RAIL.text,
        overflowY: 'auto',
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25, px: 2, height: 56, flexShrink: 0 }}>
        <Mark size={30} framed={false} />
        <Typography component="span" sx={{ fontSize: 16.5, fontWeight: 700, color: '#fff', letterSpacing: '-0.01em' }}>
          Switchyard
        </Typography>
      </Box>
      {MENU.map((group) => {
        const items = group.items.filter((item) => item.needs === undefined || permissions.includes(item.needs));
        if (items.length === 0) return null;
        return (
          <List
            key={group.label}
            dense
            disablePadding
            sx={{ px: 1, pt: 1.25 }}
            subheader={
              <Typography variant="overline" component="div" sx={{ color: RAIL.quiet, px: 1.25, pb: 0.25 }}>
                {group.label}
              </Typography>
            }
          >
            {items.map(({ to, label, icon: Icon }) => (
              <ListItem key={to} disablePadding>
                <ListItemButton
                  component={NavLink}
                  to={to}
                  end={to === '/'}
                  {...(onChosen ? { onClick: onChosen } : {})}
                  sx={{
                    borderRadius: 1.5,
                    overflow: 'visible',
                    py: 0.6,
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
            ))}
          </List>
        );
      })}
      <Typography variant="caption" sx={{ color: RAIL.quiet, mt: 'auto', px: 2.25, py: 1.5 }}>
        Version {version}
      </Typography>
    </Box>
  );
}
