import { Box, Button, Typography } from '@mui/material';
import NextIcon from '@mui/icons-material/ChevronRight';
import PreviousIcon from '@mui/icons-material/ChevronLeft';
import { useListContext } from 'react-admin';

/** Pages of a list that is read by cursor: forwards and back, without a total that nobody counted. */
export function Pager() {
  const { page, setPage, hasNextPage, hasPreviousPage } = useListContext();
  if (page === 1 && !hasNextPage) return null;
  return (
    <Box
      component="nav"
      aria-label="Pages"
      sx={{
        display: 'flex',
        alignItems: 'center',
        justifyContent: 'flex-end',
        gap: 1,
        p: 1,
        borderTop: 1,
        borderColor: 'divider',
      }}
    >
      <Button size="small" startIcon={<PreviousIcon />} disabled={!hasPreviousPage} onClick={() => setPage(page - 1)}>
        Newer
      </Button>
      <Typography variant="caption" color="textSecondary">
        Page {page}
      </Typography>
      <Button size="small" endIcon={<NextIcon />} disabled={!hasNextPage} onClick={() => setPage(page + 1)}>
        Older
      </Button>
    </Box>
  );
}
