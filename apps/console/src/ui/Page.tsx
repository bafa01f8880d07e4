import { Box, Breadcrumbs, Link as MuiLink, Typography } from '@mui/material';
import { useEffect, type ReactNode } from 'react';
import { Link } from 'react-router-dom';

interface Props {
  readonly title: string;
  /** Beside the title: a chip that says how it stands. */
  readonly mark?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly parent?: { readonly label: string; readonly to: string };
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** Every page: where it belongs, its name, what it is for, what can be done. */
export function Page({ title, mark, lead, actions, parent, wide, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Switchyard`;
  }, [title]);
  return (
    <Box sx={{ p: { xs: 2, md: 3 }, width: '100%', maxWidth: wide ? 1600 : 1280, mx: 'auto' }}>
      {parent && (
        <Breadcrumbs sx={{ mb: 0.5, fontSize: 13 }} aria-label="Breadcrumb">
          <MuiLink component={Link} to={parent.to} underline="hover" color="textSecondary" variant="caption">
            {parent.label}
          </MuiLink>
          <Typography variant="caption" color="textSecondary" noWrap sx={{ maxWidth: 200, display: 'block' }}>
            {title}
          </Typography>
        </Breadcrumbs>
      )}
      <Box component="header" sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5, alignItems: 'flex-start', mb: 2.5 }}>
        <Box sx={{ flex: '1 1 320px', minWidth: 0 }}>
          <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25, flexWrap: 'wrap' }}>
            <Typography variant="h1" sx={{ overflowWrap: 'anywhere' }}>
              {title}
            </Typography>
            {mark}
          </Box>
          {lead && (
            <Typography component="div" variant="body2" color="textSecondary" sx={{ mt: 0.5, maxWidth: 760 }}>
              {lead}
            </Typography>
          )}
        </Box>
        {actions && (
          <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center', pt: { xs: 0.5, sm: 0 } }}>
            {actions}
          </Box>
        )}
      </Box>
      {children}
    </Box>
  );
}

/** A titled part of a page. */
export function Section({
  title,
  aside,
  children,
  flush,
  id,
}: {
  title?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  id?: string;
}) {
  return (
    <Box
      component="section"
      id={id}
      sx={{
        bgcolor: 'background.paper',
        border: 1,
        borderColor: 'divider',
        borderRadius: 2,
        minWidth: 0,
        overflow: 'clip', // and not hidden: what is sticky inside must stick to the page
      }}
    >
      {(title !== undefined || aside !== undefined) && (
        <Box
          sx={{ display: 'flex', alignItems: 'center', gap: 1, px: 2, pt: 1.5, pb: flush ? 1 : 0, flexWrap: 'wrap' }}
        >
          <Typography variant="h3" component="h2" sx={{ flex: 1, minWidth: 'fit-content' }}>
            {title}
          </Typography>
          {aside}
        </Box>
      )}
      {flush ? children : <Box sx={{ p: 2 }}>{children}</Box>}
    </Box>
  );
}
