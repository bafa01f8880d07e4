import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import type { VerifyAuditMutation } from '../../gql/graphql.ts';
import { VerifyAuditDocument } from './queries.ts';

export type Verification = VerifyAuditMutation['verifyAudit'];

/** Has the whole chain recomputed. */
export function useVerify() {
  const [found, setFound] = useState<Verification>();
  const [problem, setProblem] = useState<string>();
  const verify = useChange(VerifyAuditDocument, { quiet: true, done: (answer) => setFound(answer.verifyAudit) });
  const start = () => {
    setFound(undefined);
    setProblem(undefined);
    verify.mutate({}, { onError: (error) => setProblem(messageOf(error)) });
  };
  return { found, problem, start, running: verify.isPending };
}
