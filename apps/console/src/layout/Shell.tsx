import { AppBar, Box, Drawer, IconButton, Toolbar, Tooltip, useMediaQuery } from '@mui/material';
import DarkIcon from '@mui/icons-material/DarkModeOutlined';
import LightIcon from '@mui/icons-material/LightModeOutlined';
import MenuIcon from '@mui/icons-material/Menu';
import { useTheme as useMuiTheme, type Theme } from '@mui/material/styles';
import { Suspense, useState, type ReactNode } from 'react';
import { useTheme, type CoreLayoutProps } from 'react-admin';
import { Bell } from '../resources/alerts/Bell.tsx';
import { SessionEnded } from '../session/SessionEnded.tsx';
import { useLiveUpdates } from '../session/use-live-updates.ts';
import { useViewer } from '../session/use-viewer.ts';
import { Viewer } from '../session/Viewer.tsx';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Guarded } from './Guarded.tsx';
import { Menu } from './Menu.tsx';
import { TenantSwitch } from './TenantSwitch.tsx';
import { UserMenu } from './UserMenu.tsx';

const RAIL_WIDTH = 212;

function ThemeToggle() {
  const [, setTheme] = useTheme();
  const { palette } = useMuiTheme();
  const isDark = palette.mode === 'dark';
  const label = isDark ? 'Use the light theme' : 'Use the dark theme';
  return (
    <Tooltip title={label}>
      <IconButton
        aria-label={label}
        onClick={() => setTheme(isDark ? 'light' : 'dark')}
        color="inherit"
        data-testid="theme"
      >
        {isDark ? <LightIcon fontSize="small" /> : <DarkIcon fontSize="small" />}
      </IconButton>
    </Tooltip>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const wide = useMediaQuery<Theme>((theme) => theme.breakpoints.up('md'));
  const { tenant } = useViewer();
  useLiveUpdates(tenant.id);
  return (
    <Box sx={{ display: 'flex', minHeight: '100dvh', bgcolor: 'background.default' }}>
      <Box
        component="a"
        href="#main"
        onClick={(event: React.MouseEvent) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
        sx={{
          position: 'fixed',
          top: -60,
          left: 8,
          zIndex: 2000,
          p: 1,
          bgcolor: 'background.paper',
          '&:focus': { top: 8 },
        }}
      >
        Skip to content
      </Box>
      {wide ? (
        <Box sx={{ width: RAIL_WIDTH, flexShrink: 0, position: 'sticky', top: 0, height: '100dvh' }}>
          <Menu />
        </Box>
      ) : (
        <Drawer open={open} onClose={() => setOpen(false)} slotProps={{ paper: { sx: { width: 256, border: 0 } } }}>
          <Menu onChosen={() => setOpen(false)} />
        </Drawer>
      )}
      <Box sx={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column' }}>
        <AppBar
          position="sticky"
          color="inherit"
          elevation={0}
          sx={{ borderBottom: 1, borderColor: 'divider', bgcolor: 'background.paper' }}
        >
          <Toolbar variant="dense" sx={{ minHeight: 56, gap: 0.5, px: { xs: 1, md: 2 } }}>
            {!wide && (
              <IconButton aria-label="Open menu" onClick={() => setOpen(true)} color="inherit" data-testid="menu">
                <MenuIcon />
              </IconButton>
            )}
            <TenantSwitch />
            <Box sx={{ flex: 1 }} />
            <Bell />
            <ThemeToggle />
            <UserMenu />
          </Toolbar>
        </AppBar>
        <Box component="main" id="main" tabIndex={-1} sx={{ flex: 1, minWidth: 0, outline: 'none !important' }}>
          <Guarded key={tenant.id}>
            <Suspense fallback={<PageSkeleton />}>{children}</Suspense>
          </Guarded>
        </Box>
      </Box>
    </Box>
  );
}

export function Shell({ children }: CoreLayoutProps) {
  return (
    <>
      <Viewer>
        <Frame>{children}</Frame>
      </Viewer>
      <SessionEnded />
    </>
  );
}
