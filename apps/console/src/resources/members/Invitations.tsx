import { Button, Typography } from '@mui/material';
import { useApi, useChange } from '../../api/use-api.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Section } from '../../ui/Page.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { CancelInvitationDocument, InvitationsDocument, type Invitation } from './queries.ts';

export function Invitations() {
  const { data } = useApi(InvitationsDocument, {});
  const cancel = useChange(CancelInvitationDocument, {
    say: 'The invitation was withdrawn: its link no longer works.',
  });
  const open = data?.invitations ?? [];
  if (open.length === 0) return null;
  const columns: readonly Column<Invitation>[] = [
    { key: 'email', label: 'Invited', cut: true, render: (invitation) => invitation.email },
    { key: 'role', label: 'As', render: (invitation) => invitation.role },
    {
      key: 'expires',
      label: 'Expires',
      from: 'sm',
      render: (invitation) => <RelativeTime at={invitation.expiresAt} />,
    },
    {
      key: 'act',
      label: '',
      align: 'right',
      render: (invitation) => (
        <Button
          size="small"
          color="error"
          onClick={() => cancel.mutate({ id: invitation.id })}
          aria-label={`Withdraw invitation of ${invitation.email}`}
        >
          Withdraw
        </Button>
      ),
    },
  ];
  return (
    <Section
      title="Open invitations"
      aside={
        <Typography variant="caption" color="textSecondary">
          A link is shown once. Lost? Invite the same address again: the former link stops working.
        </Typography>
      }
      flush
    >
      <DataTable label="Open invitations" rows={open} columns={columns} rowKey={(invitation) => invitation.id} />
    </Section>
  );
}
