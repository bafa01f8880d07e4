import { alpha, type SxProps, type Theme } from '@mui/material/styles';

/** How cells look: one rule for thousands of them. */
export const matrixStyle: SxProps<Theme> = (theme) => {
  const { success, error, warning, text, divider } = theme.palette;
  const pale = theme.palette.mode === 'dark' ? 0.18 : 0.12;
  return {
    borderCollapse: 'separate',
    borderSpacing: 0,
    tableLayout: 'fixed',
    width: '100%',
    '& th, & td': { borderBottom: `1px solid ${divider}`, p: 0 },
    '& thead th': {
      position: 'sticky',
      top: { xs: 0, md: 57 }, // below the app bar
      zIndex: 3,
      bgcolor: 'background.paper',
      fontSize: 12.5,
      fontWeight: 600,
      color: 'text.secondary',
      py: 1,
      px: 0.5,
    },
    '& .name': { textAlign: 'left', px: 2, py: 0.75, fontWeight: 400, minWidth: 0 },
    '& .group': { bgcolor: 'background.default' },
    '& td.place': { textAlign: 'center', px: 0.5 },
    '& .cell': {
      position: 'relative',
      width: 44,
      height: 28,
      display: 'inline-grid',
      placeItems: 'center',
      borderRadius: '6px',
      border: '1px solid transparent',
      background: 'transparent',
      color: alpha(text.secondary, 0.7),
      cursor: 'pointer',
      font: 'inherit',
      verticalAlign: 'middle',
    },
    '& .cell:disabled': { cursor: 'default' },
    '& .cell:not(:disabled):hover': { borderColor: text.secondary },
    '& .cell[data-effect=allow]': { color: success.main },
    '& .cell[data-effect=deny]': { color: error.main },
    '& .cell[data-explicit=allow]': {
      color: theme.palette.mode === 'dark' ? '#06281a' : '#fff',
      background: success.main,
    },
    '& .cell[data-explicit=deny]': {
      color: theme.palette.mode === 'dark' ? '#2c0a07' : '#fff',
      background: error.main,
    },
    '& .cell[data-explicit=inherit][data-effect=allow]': { background: alpha(success.main, pale) },
    '& .cell[data-explicit=inherit][data-effect=deny]': { background: alpha(error.main, pale) },
    '& .cell[data-overruled=true]': { background: alpha(success.main, 0.45) },
    '& .cell[data-overruled=true]::after': {
      content: '""',
      position: 'absolute',
      right: -1,
      top: -1,
      borderTop: `11px solid ${error.main}`,
      borderLeft: '11px solid transparent',
      borderTopRightRadius: 6,
    },
    '& .cell[data-changed=true]': { outline: `2px solid ${warning.main}`, outlineOffset: '1px' },
  };
};
