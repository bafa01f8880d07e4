import { graphql } from '../../gql/index.ts';
import type { InvitationsQuery, MembersQuery } from '../../gql/graphql.ts';

export const MembersDocument = graphql(`
  query Members {
    members {
      id
      userId
      name
      email
      role
      joinedAt
    }
  }
`);

export const InvitationsDocument = graphql(`
  query Invitations {
    invitations {
      id
      email
      role
      expiresAt
      link
    }
  }
`);

export const InviteMemberDocument = graphql(`
  mutation InviteMember($email: String!, $role: Role!) {
    inviteMember(email: $email, role: $role) {
      id
      email
      role
      expiresAt
      link
    }
  }
`);

export const CancelInvitationDocument = graphql(`
  mutation CancelInvitation($id: ID!) {
    cancelInvitation(id: $id)
  }
`);

export const SetMemberRoleDocument = graphql(`
  mutation SetMemberRole($id: ID!, $role: Role!) {
    setMemberRole(id: $id, role: $role) {
      id
      role
    }
  }
`);

export const RemoveMemberDocument = graphql(`
  mutation RemoveMember($id: ID!) {
    removeMember(id: $id)
  }
`);

export type Member = MembersQuery['members'][number];
export type Invitation = InvitationsQuery['invitations'][number];
