import { Alert, Button } from '@mui/material';
import { Link } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { useCan } from '../../session/use-viewer.ts';
import { ApprovalsDocument } from '../approvals/queries.ts';

/** For whom a run stands still, and where they decide. */
export function WaitsForPeople({ runId }: { runId: string }) {
  const mayRead = useCan('approvals.read');
  const { data } = useApi(ApprovalsDocument, { runId, status: 'pending', limit: 20 }, { enabled: mayRead });
  return (
    <>
      {(data?.approvals.items ?? []).map(({ id, server, tool, reasons, expiresAt }) => (
        <Alert
          key={id}
          severity="warning"
          data-testid="waits-for"
          action={
            <Button component={Link} to={`/approvals/${id}/show`} size="small" variant="contained">
              Decide
            </Button>
          }
        >
          <strong>
            {server}.{tool}
          </strong>{' '}
          waits for a person: {reasons.join('; ')}. If nobody decides, the call is refused{' '}
          <RelativeTime at={expiresAt} />.
        </Alert>
      ))}
    </>
  );
}
