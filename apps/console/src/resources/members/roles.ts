import type { Member } from './queries.ts';

export type Role = Member['role'];

export const ROLES: readonly { readonly value: Role; readonly label: string; readonly meaning: string }[] = [
  { value: 'owner', label: 'Owner', meaning: 'All that an admin may, and makes or removes other owners.' },
  {
    value: 'admin',
    label: 'Admin',
    meaning: 'Runs code, connects servers, grants permissions, makes keys, invites people.',
  },
  {
    value: 'reviewer',
    label: 'Reviewer',
    meaning: 'Reads everything, the code that ran and the audit log included, and verifies it. Changes nothing.',
  },
  { value: 'analyst', label: 'Analyst', meaning: 'Reads runs and their figures.' },
];
