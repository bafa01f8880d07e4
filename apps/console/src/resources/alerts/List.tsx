import { Box, Button, Typography } from '@mui/material';
import NotificationsIcon from '@mui/icons-material/NotificationsNoneOutlined';
import { useChange } from '../../api/use-api.ts';
import { formatDateTime } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import type { Column } from '../../ui/DataTable.tsx';
import { FilterChoice, ListFilters } from '../../ui/ListFilters.tsx';
import { LongList } from '../../ui/LongList.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { Deliveries, stateOf } from './Deliveries.tsx';
import { Destinations } from './Destinations.tsx';
import { AcknowledgeDocument, type AlertRow } from './queries.ts';

/** The worst that came of it. */
const worstOf = ({ deliveries }: AlertRow): string | undefined =>
  ['failed', 'retried', 'pending', 'sent'].find((state) => deliveries.some((one) => stateOf(one) === state));

function Acknowledge({ alert }: { alert: AlertRow }) {
  const mayWrite = useCan('money.write');
  const acknowledge = useChange(AcknowledgeDocument);
  if (alert.acknowledgedAt != null) return <>{alert.acknowledgedBy}</>;
  if (!mayWrite) return <>nobody yet</>;
  return (
    <Button
      size="small"
      variant="outlined"
      onClick={() => acknowledge.mutate({ id: alert.id })}
      loading={acknowledge.isPending}
      data-testid="acknowledge"
    >
      <Box component="span" sx={{ display: { xs: 'none', sm: 'inline' } }}>
        Mark as&nbsp;
      </Box>
      seen
    </Button>
  );
}

const COLUMNS: readonly Column<AlertRow>[] = [
  {
    key: 'title',
    label: 'What happened',
    render: (alert) => (
      <>
        <Box component="span" sx={{ fontWeight: alert.acknowledgedAt == null ? 650 : 400 }}>
          {alert.title}
        </Box>
        <Typography component="span" variant="caption" color="textSecondary" sx={{ display: 'block' }}>
          <RelativeTime at={alert.at} />
        </Typography>
      </>
    ),
  },
  {
    key: 'delivered',
    label: 'Delivered',
    from: 'sm',
    width: 130,
    render: (alert) => {
      const state = worstOf(alert);
      return state === undefined ? 'nowhere' : <StatusChip kind="delivery" value={state} />;
    },
  },
  { key: 'seen', label: 'Seen by', width: 96, render: (alert) => <Acknowledge alert={alert} /> },
];

function Detail({ alert }: { alert: AlertRow }) {
  const mayWrite = useCan('money.write');
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Typography variant="body2">{alert.message}</Typography>
      <Typography variant="caption" color="textSecondary">
        {alert.kind}, {formatDateTime(alert.at)}
        {alert.acknowledgedAt != null && `; seen by ${alert.acknowledgedBy}, ${formatDateTime(alert.acknowledgedAt)}`}
      </Typography>
      <Deliveries deliveries={alert.deliveries} mayWrite={mayWrite} />
    </Box>
  );
}

const SEEN = [{ value: 'open', label: 'Not seen yet' }];

export default function List() {
  return (
    <LongList<AlertRow>
      resource="alerts"
      title="Alerts"
      lead="What people outside must hear of: where it is told, what was told, and whether it arrived."
      above={
        <Box sx={{ mb: 2 }}>
          <Destinations />
        </Box>
      }
      filters={
        <ListFilters>
          <FilterChoice name="open" label="Show" any="All" options={SEEN} />
        </ListFilters>
      }
      nothing={{
        icon: NotificationsIcon,
        title: 'No alert yet',
        text: 'An alert is written when a rollout is rolled back, for example, or when the month reaches a threshold of the budget.',
        filtered: 'Every alert was seen',
      }}
      label="Alerts"
      columns={COLUMNS}
      detail={(alert) => <Detail alert={alert} />}
    />
  );
}
