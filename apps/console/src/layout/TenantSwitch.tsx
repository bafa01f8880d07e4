import { Button, ListItemIcon, ListItemText, Menu, MenuItem, Typography } from '@mui/material';
import BusinessIcon from '@mui/icons-material/BusinessOutlined';
import CheckIcon from '@mui/icons-material/Check';
import UnfoldIcon from '@mui/icons-material/UnfoldMore';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { chooseTenant } from '../api/tenant.ts';
import { useViewer } from '../session/use-viewer.ts';

/** Which of their tenants the person looks at, for this browser tab. */
export function TenantSwitch() {
  const { tenant, tenants } = useViewer();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const choose = async (id: string) => {
    setAnchor(null);
    if (id === tenant.id) return;
    chooseTenant(id);
    navigate('/');
    // Nothing of the former tenant may stay on screen, not even for a moment.
    client.removeQueries({ predicate: (cached) => cached.queryKey[0] !== 'auth' && cached.queryKey[1] !== 'Viewer' });
    await client.resetQueries({ queryKey: ['api', 'Viewer'] });
  };
  return (
    <>
      <Button
        color="inherit"
        onClick={(event) => setAnchor(event.currentTarget)}
        startIcon={<BusinessIcon fontSize="small" />}
        endIcon={tenants.length > 1 ? <UnfoldIcon fontSize="small" /> : undefined}
        aria-haspopup="menu"
        aria-label={`Tenant: ${tenant.name}`}
        data-testid="tenant-switch"
        sx={{ minWidth: 0, maxWidth: { xs: 170, sm: 320 }, px: 1 }}
      >
        <Typography component="span" noWrap sx={{ fontWeight: 600, fontSize: 14 }}>
          {tenant.name}
        </Typography>
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        {tenants.map((each) => (
          <MenuItem key={each.id} selected={each.id === tenant.id} onClick={() => void choose(each.id)}>
            <ListItemText primary={each.name} secondary={`${each.slug} · ${each.role}`} />
            <ListItemIcon sx={{ justifyContent: 'flex-end', pl: 2 }}>
              {each.id === tenant.id && <CheckIcon fontSize="small" />}
            </ListItemIcon>
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
