import { Button } from '@mui/material';
import { useState } from 'react';
import { Answer } from './Answer.tsx';
import type { Decision } from './queries.ts';

/** Who asked, as a grant names them; the operator acts as an owner. */
const subjectOf = ({ principalKind, principalId, role }: Decision) =>
  principalKind === 'key'
    ? { subjectKind: 'key' as const, subject: principalId }
    : { subjectKind: 'role' as const, subject: role ?? 'owner' };

/** The same question asked of the policy as it is now. */
export function Today({ decision }: { decision: Decision }) {
  const [asked, setAsked] = useState(false);
  const { server, tool } = decision;
  if (asked) return <Answer question={{ ...subjectOf(decision), server, tool }} />;
  return (
    <Button size="small" variant="outlined" onClick={() => setAsked(true)} data-testid="ask-today">
      What would it be today?
    </Button>
  );
}
