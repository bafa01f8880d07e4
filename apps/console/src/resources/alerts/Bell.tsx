import { Badge, IconButton, Tooltip } from '@mui/material';
import NotificationsIcon from '@mui/icons-material/NotificationsNoneOutlined';
import { Link } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { formatCount } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { OpenAlertsDocument } from './queries.ts';

/** How many alerts nobody has seen yet. */
export function Bell() {
  const mayRead = useCan('money.read');
  const { data } = useApi(OpenAlertsDocument, {}, { enabled: mayRead });
  if (!mayRead) return null;
  const count = data?.openAlerts ?? 0;
  const label = count === 0 ? 'Alerts' : `Alerts: ${formatCount(count)} not seen yet`;
  return (
    <Tooltip title={label}>
      <IconButton component={Link} to="/alerts" aria-label={label} color="inherit" data-testid="bell">
        <Badge badgeContent={count} max={99} color="warning">
          <NotificationsIcon fontSize="small" />
        </Badge>
      </IconButton>
    </Tooltip>
  );
}
