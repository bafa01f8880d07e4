import { alpha } from '@mui/material/styles';
import type { RaThemeOptions } from 'react-admin';

export const SANS = 'ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif';
export const MONO =
  'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** The dark rail at the left is the same in both modes: it is what makes the console recognisable. */
export const RAIL = { ground: '#0e2a33', raised: '#163a45', text: '#c4d6da', quiet: '#83a3ab', signal: '#f2a93b' };

interface Ground {
  readonly mode: 'light' | 'dark';
  readonly page: string;
  readonly paper: string;
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly primary: string;
  readonly onPrimary: string;
  readonly success: string;
  readonly warning: string;
  readonly error: string;
  readonly info: string;
  readonly secondary: string;
}

const light: Ground = {
  mode: 'light',
  page: '#f5f7f6',
  paper: '#ffffff',
  text: '#13262c',
  quiet: '#566a71',
  line: '#dde5e4',
  primary: '#0f6075',
  onPrimary: '#ffffff',
  success: '#1f7a4d',
  warning: '#a35f05',
  error: '#b3362c',
  info: '#2d63a8',
  secondary: '#6a4aa5',
};

const dark: Ground = {
  mode: 'dark',
  page: '#0d171b',
  paper: '#142126',
  text: '#e4eeef',
  quiet: '#97adb3',
  line: '#26383f',
  primary: '#66c3d8',
  onPrimary: '#06222a',
  success: '#5fc48f',
  warning: '#f0ac48',
  error: '#f28b80',
  info: '#86b4f0',
  secondary: '#b79bea',
};

function themeOn(ground: Ground): RaThemeOptions {
  const line = `1px solid ${ground.line}`;
  return {
    palette: {
      mode: ground.mode,
      background: { default: ground.page, paper: ground.paper },
      text: { primary: ground.text, secondary: ground.quiet },
      divider: ground.line,
      primary: { main: ground.primary, contrastText: ground.onPrimary },
      secondary: { main: ground.secondary },
      success: { main: ground.success },
      warning: { main: ground.warning },
      error: { main: ground.error },
      info: { main: ground.info },
      action: { hover: alpha(ground.primary, 0.06), selected: alpha(ground.primary, 0.1) },
    },
    shape: { borderRadius: 5 },
    typography: {
      fontFamily: SANS,
      fontSize: 14,
      h1: { fontSize: '1.5rem', fontWeight: 650, letterSpacing: '-0.015em', lineHeight: 1.25 },
      h2: { fontSize: '1.0625rem', fontWeight: 650, letterSpacing: '-0.005em', lineHeight: 1.35 },
      h6: { fontSize: '1.0625rem', fontWeight: 650, letterSpacing: '-0.005em', lineHeight: 1.35 },
      h3: { fontSize: '0.9375rem', fontWeight: 650, lineHeight: 1.4 },
      body1: { fontSize: '0.9375rem', lineHeight: 1.55 },
      body2: { fontSize: '0.875rem', lineHeight: 1.5 },
      caption: { fontSize: '0.78125rem', lineHeight: 1.45 },
      overline: { fontSize: '0.6875rem', fontWeight: 650, letterSpacing: '0.08em', lineHeight: 1.6 },
      button: { textTransform: 'none', fontWeight: 600 },
    },
    components: {
      MuiCssBaseline: {
        styleOverrides: {
          body: { overflowX: 'hidden' },
          'code, kbd, pre, samp': { fontFamily: MONO, fontSize: '0.92em' },
          kbd: { border: line, borderBottomWidth: 2, borderRadius: 4, padding: '0 5px', fontSize: '0.8em' },
          'a:not([class])': { color: ground.primary },
          '*:focus-visible': { outline: `2px solid ${ground.primary}`, outlineOffset: 2 },
          '@media (prefers-reduced-motion: reduce)': {
            '*': { animation: 'none !important', transition: 'none !important' },
          },
        },
      },
      MuiButton: { defaultProps: { disableElevation: true }, styleOverrides: { root: { whiteSpace: 'nowrap' } } },
      MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
      MuiCard: { defaultProps: { variant: 'outlined' }, styleOverrides: { root: { borderRadius: 10 } } },
      MuiDialog: { styleOverrides: { paper: { backgroundImage: 'none', border: line } } },
      MuiTableCell: {
        styleOverrides: {
          root: {
            borderColor: ground.line,
            padding: '9px 12px',
            fontSize: '0.875rem',
            '&:first-of-type': { paddingLeft: 16 },
            '&:last-of-type': { paddingRight: 16 },
          },
          head: { color: ground.quiet, fontWeight: 600, fontSize: '0.78125rem', whiteSpace: 'nowrap' },
        },
      },
      MuiTextField: { defaultProps: { size: 'small' } },
      MuiFormControl: { defaultProps: { size: 'small' } },
      MuiSelect: { defaultProps: { size: 'small' } },
      MuiTooltip: { defaultProps: { arrow: true, enterDelay: 300 } },
      MuiChip: { styleOverrides: { root: { fontWeight: 550 } } },
      MuiTab: { styleOverrides: { root: { minHeight: 42, padding: '8px 14px' } } },
      MuiTabs: { styleOverrides: { root: { minHeight: 42 } } },
      MuiAlert: {
        styleOverrides: {
          root: {
            alignItems: 'flex-start',
            flexWrap: 'wrap',
            ...Object.fromEntries(
              (['success', 'info', 'warning', 'error'] as const).map((severity) => [
                `&.MuiAlert-standard.MuiAlert-color${severity.charAt(0).toUpperCase()}${severity.slice(1)}`,
                {
                  color: ground.text,
                  backgroundColor: alpha(ground[severity], ground.mode === 'dark' ? 0.13 : 0.08),
                  border: `1px solid ${alpha(ground[severity], 0.32)}`,
                },
              ]),
            ),
          },
          message: { minWidth: 0, flex: '1 1 200px' },
          action: { paddingTop: 2, marginRight: 0 },
        },
      },
    },
  };
}

export const lightTheme = themeOn(light);
export const darkTheme = themeOn(dark);
