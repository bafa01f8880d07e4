import { Box, ButtonBase, Collapse, List, Typography } from '@mui/material';
import ExpandIcon from '@mui/icons-material/ExpandMore';
import { useId, useState } from 'react';
import { useLocation } from 'react-router-dom';
import { useViewer } from '../session/use-viewer.ts';
import { RAIL } from '../theme.ts';
import { Mark } from './Mark.tsx';
import { MENU, type MenuGroup } from './menu-items.ts';
import { MenuLink } from './MenuLink.tsx';

const isWithin = (path: string, to: string): boolean => path === to || path.startsWith(`${to}/`);

function Group({ group, onChosen }: { group: MenuGroup; onChosen: (() => void) | undefined }) {
  const { pathname } = useLocation();
  const [opened, setOpened] = useState<boolean>();
  const open = group.folded !== true || (opened ?? group.items.some((item) => isWithin(pathname, item.to)));
  const id = useId();
  const label = (
    <Typography variant="overline" component="span" sx={{ color: RAIL.quiet, flex: 1, textAlign: 'left' }}>
      {group.label}
    </Typography>
  );
  return (
    <Box sx={{ px: 1, pt: 1 }}>
      {group.folded === true ? (
        <ButtonBase
          onClick={() => setOpened(!open)}
          aria-expanded={open}
          aria-controls={id}
          sx={{
            display: 'flex',
            width: '100%',
            px: 1.25,
            py: 0.25,
            borderRadius: 1.5,
            color: RAIL.quiet,
            '&:hover': { bgcolor: RAIL.raised },
            '&:focus-visible': { outlineColor: RAIL.signal, outlineOffset: -2 },
          }}
        >
          {label}
          <ExpandIcon
            fontSize="small"
            sx={{ transform: open ? 'none' : 'rotate(-90deg)', transition: 'transform .15s' }}
          />
        </ButtonBase>
      ) : (
        group.label !== undefined && <Box sx={{ display: 'flex', px: 1.25 }}>{label}</Box>
      )}
      <Collapse in={open} unmountOnExit>
        <List dense disablePadding id={id} aria-label={group.label ?? 'Start'}>
          {group.items.map((item) => (
            <MenuLink key={item.to} item={item} onChosen={onChosen} />
          ))}
        </List>
      </Collapse>
    </Box>
  );
}

export function Menu({ onChosen }: { onChosen?: () => void }) {
  const { permissions, version } = useViewer();
  const groups = MENU.map((group) => ({
    ...group,
    items: group.items.filter(({ needs }) => needs === undefined || permissions.includes(needs)),
  }));
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
      {groups.map((group) =>
        group.items.length === 0 ? null : <Group key={group.label ?? ''} group={group} onChosen={onChosen} />,
      )}
      <Typography variant="caption" sx={{ color: RAIL.quiet, mt: 'auto', px: 2.25, py: 1.5 }}>
        Version {version}
      </Typography>
    </Box>
  );
}
