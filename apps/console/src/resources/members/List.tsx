import { Box, Button, IconButton, MenuItem, Select, Tooltip, Typography } from '@mui/material';
import PersonRemoveIcon from '@mui/icons-material/PersonRemoveOutlined';
import PersonAddIcon from '@mui/icons-material/PersonAddOutlined';
import { useState } from 'react';
import { useApi, useChange } from '../../api/use-api.ts';
import { useCan, useViewer } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Invitations } from './Invitations.tsx';
import { Invite } from './Invite.tsx';
import { MembersDocument, RemoveMemberDocument, SetMemberRoleDocument, type Member } from './queries.ts';
import { ROLES, type Role } from './roles.ts';

interface Changing {
  readonly member: Member;
  readonly role: Role;
}

export function List() {
  const { user } = useViewer();
  const mayWrite = useCan('members.write');
  const { data, error, refetch } = useApi(MembersDocument, {});
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Member>();
  const [changing, setChanging] = useState<Changing>();
  const remove = useChange(RemoveMemberDocument, {
    say: 'The member was removed.',
    done: () => setRemoving(undefined),
  });
  const setRole = useChange(SetMemberRoleDocument, {
    say: 'The role was changed.',
    done: () => setChanging(undefined),
  });
  const isMe = (member: Member) => member.userId === user?.id;

  const columns: readonly Column<Member>[] = [
    {
      key: 'name',
      label: 'Name',
      cut: true,
      render: (member) => (
        <>
          <Box component="span" sx={{ fontWeight: 550 }}>
            {member.name}
          </Box>
          {isMe(member) && (
            <Typography component="span" variant="caption" color="textSecondary">
              {' '}
              (you)
            </Typography>
          )}
          <Typography
            variant="caption"
            color="textSecondary"
            sx={{ display: 'block', overflow: 'hidden', textOverflow: 'ellipsis' }}
          >
            {member.email}
          </Typography>
        </>
      ),
    },
    {
      key: 'role',
      label: 'Role',
      width: 140,
      render: (member) =>
        mayWrite && !isMe(member) ? (
          <Select
            value={member.role}
            onChange={(event) => setChanging({ member, role: event.target.value as Role })}
            inputProps={{ 'aria-label': `Role of ${member.name}` }}
            sx={{ minWidth: 118, fontSize: 14 }}
          >
            {ROLES.map((role) => (
              <MenuItem key={role.value} value={role.value}>
                {role.label}
              </MenuItem>
            ))}
          </Select>
        ) : (
          ROLES.find((role) => role.value === member.role)?.label
        ),
    },
    { key: 'joined', label: 'Joined', from: 'sm', render: (member) => <RelativeTime at={member.joinedAt} /> },
    ...(mayWrite
      ? [
          {
            key: 'act',
            label: '',
            align: 'right' as const,
            width: 56,
            render: (member: Member) =>
              isMe(member) ? null : (
                <Tooltip title="Remove">
                  <IconButton size="small" onClick={() => setRemoving(member)} aria-label={`Remove ${member.name}`}>
                    <PersonRemoveIcon fontSize="small" />
                  </IconButton>
                </Tooltip>
              ),
          },
        ]
      : []),
  ];

  return (
    <Page
      title="Members"
      lead="Who may open this console for this tenant, and what they may do in it."
      actions={
        mayWrite && (
          <Button
            variant="contained"
            startIcon={<PersonAddIcon />}
            onClick={() => setInviting(true)}
            data-testid="invite"
          >
            Invite somebody
          </Button>
        )
      }
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Section flush>
          {data ? (
            <DataTable label="Members" rows={data.members} columns={columns} rowKey={(member) => member.id} />
          ) : error ? (
            <Problem error={error} retry={() => void refetch()} />
          ) : (
            <RowsSkeleton rows={4} />
          )}
        </Section>
        {mayWrite && <Invitations />}
        <Section title="What the roles may do">
          <Box
            component="dl"
            sx={{ m: 0, display: 'grid', gap: 1, gridTemplateColumns: 'minmax(80px, auto) 1fr', fontSize: 14 }}
          >
            {ROLES.map((role) => (
              <Box key={role.value} sx={{ display: 'contents' }}>
                <Box component="dt" sx={{ fontWeight: 550 }}>
                  {role.label}
                </Box>
                <Box component="dd" sx={{ m: 0, color: 'text.secondary' }}>
                  {role.meaning}
                </Box>
              </Box>
            ))}
          </Box>
        </Section>
      </Box>
      {inviting && <Invite onClose={() => setInviting(false)} />}
      <Confirm
        open={removing !== undefined}
        title={`Remove ${removing?.name ?? ''}?`}
        act="Remove member"
        grave
        busy={remove.isPending}
        onAct={() => removing && remove.mutate({ id: removing.id })}
        onClose={() => setRemoving(undefined)}
      >
        They can no longer open this tenant, at once. What they did stays in the audit log. Keys that they made go on
        working.
      </Confirm>
      <Confirm
        open={changing !== undefined}
        title={`Make ${changing?.member.name ?? ''} ${changing?.role ?? ''}?`}
        act="Change role"
        busy={setRole.isPending}
        onAct={() => changing && setRole.mutate({ id: changing.member.id, role: changing.role })}
        onClose={() => setChanging(undefined)}
      >
        {ROLES.find((role) => role.value === changing?.role)?.meaning} It holds at once.
      </Confirm>
    </Page>
  );
}
