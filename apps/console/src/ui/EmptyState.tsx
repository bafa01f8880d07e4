import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import type { SvgIconComponent } from '@mui/icons-material';

interface Props {
  readonly icon: SvgIconComponent;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Nothing here yet: why, and the next step. */
export function EmptyState({ icon: Icon, title, children, action }: Props) {
  return (
    <Box
      data-testid="empty-state"
      sx={{ display: 'grid', justifyItems: 'center', textAlign: 'center', gap: 1, px: 3, py: { xs: 5, md: 7 } }}
    >
      <Box
        sx={{
          width: 56,
          height: 56,
          borderRadius: '50%',
          bgcolor: 'action.selected',
          display: 'grid',
          placeItems: 'center',
          mb: 0.5,
        }}
      >
        <Icon sx={{ color: 'primary.main' }} />
      </Box>
      <Typography variant="h2">{title}</Typography>
      {children && (
        <Typography component="div" variant="body2" color="textSecondary" sx={{ maxWidth: 460 }}>
          {children}
        </Typography>
      )}
      {action && (
        <Box sx={{ mt: 1.5, display: 'flex', gap: 1, flexWrap: 'wrap', justifyContent: 'center' }}>{action}</Box>
      )}
    </Box>
  );
}
