import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  TextField,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { ChangeList } from './ChangeList.tsx';
import { PolicyRulesDocument } from './rules/queries.ts';
import { grantsOf, type Effect, type Subject } from './effect.ts';
import {
  PolicyVersionDocument,
  PolicyVersionsDocument,
  RollBackPolicyDocument,
  type Policy,
  type PolicyVersion,
} from './queries.ts';

const LIMIT = 100;

interface Props {
  readonly policy: Policy;
  readonly subjects: readonly Subject[];
  readonly onClose: () => void;
}

interface RuleThen {
  readonly name: string;
  readonly server: string;
  readonly tool: string;
  readonly subjects: unknown;
  readonly when: unknown;
  readonly effect: unknown;
  readonly reason: string;
}

/** What bringing a revision back would do to rules, in words. */
function ruleDifference(now: readonly RuleThen[], then: readonly RuleThen[]): string[] {
  const told = ({ server, tool, subjects, when, effect, reason }: RuleThen): string => {
    const whose = (subjects as { kind: string; name: string }[]).map((one) => [one.kind, one.name]);
    return JSON.stringify([server, tool, whose, when, effect, reason]);
  };
  const standing = new Map(now.map((rule) => [rule.name, told(rule)]));
  const wanted = new Map(then.map((rule) => [rule.name, told(rule)]));
  return [
    ...[...wanted].flatMap(([name, terms]) =>
      standing.get(name) === terms
        ? []
        : [standing.has(name) ? `The rule “${name}” becomes what it was then.` : `The rule “${name}” comes back.`],
    ),
    ...[...standing.keys()].filter((name) => !wanted.has(name)).map((name) => `The rule “${name}” goes.`),
  ];
}

/** What bringing a revision back would change. */
function difference(policy: Policy, then: Parameters<typeof grantsOf>[0]): [string, Effect | null][] {
  const now = grantsOf(policy.grants);
  const wanted = grantsOf(then);
  const changed = [...wanted].filter(([place, effect]) => now.get(place) !== effect);
  const gone = [...now.keys()].filter((place) => !wanted.has(place)).map((place): [string, null] => [place, null]);
  return [...changed, ...gone];
}

function Version({
  version,
  policy,
  subjects,
  onDone,
}: Omit<Props, 'onClose'> & { version: PolicyVersion; onDone: () => void }) {
  const mayWrite = useCan('grants.write');
  const [comment, setComment] = useState('');
  const { data, error, refetch } = useApi(PolicyVersionDocument, { revision: version.revision });
  const rules = useApi(PolicyRulesDocument, {});
  const rollBack = useChange(RollBackPolicyDocument, {
    quiet: true,
    say: `The policy of revision ${version.revision} is in force again.`,
    done: onDone,
  });
  const failed = error ?? rules.error;
  if (failed)
    return (
      <Problem
        error={failed}
        retry={() => {
          void refetch();
          void rules.refetch();
        }}
      />
    );
  if (!data || !rules.data) return <Typography variant="body2">Reading the revision …</Typography>;
  const changes = difference(policy, data.policyVersion.grants);
  const own = data.policyVersion.moduleRevision ?? null;
  const ownWords = own === null ? 'Own rules go out of force.' : `Own rules of revision ${own} come into force.`;
  const others = [
    ...ruleDifference(rules.data.policyRules.rules, data.policyVersion.rules as RuleThen[]),
    ...(own === (policy.moduleRevision ?? null) ? [] : [ownWords]),
  ];
  if (changes.length + others.length === 0)
    return <Typography variant="body2">It says what is in force now.</Typography>;
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Typography variant="body2">
        Bringing it back makes {plural(changes.length + others.length, 'change')}:
      </Typography>
      {others.length > 0 && (
        <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
          {others.map((words) => (
            <li key={words}>
              <Typography variant="body2">{words}</Typography>
            </li>
          ))}
        </Box>
      )}
      {changes.length > 0 && <ChangeList changes={changes} saved={grantsOf(policy.grants)} subjects={subjects} />}
      {rollBack.isError && <Alert severity="error">{messageOf(rollBack.error)}</Alert>}
      {mayWrite && (
        <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
          <TextField
            size="small"
            label="Why (goes to the audit log)"
            value={comment}
            onChange={(event) => setComment(event.target.value)}
            slotProps={{ htmlInput: { maxLength: 500 } }}
            sx={{ flex: '1 1 220px' }}
          />
          <Button
            variant="contained"
            color="warning"
            loading={rollBack.isPending}
            data-testid="roll-back-policy"
            onClick={() =>
              rollBack.mutate({
                revision: version.revision,
                expectedRevision: policy.revision,
                comment: comment || null,
              })
            }
          >
            Bring it back
          </Button>
        </Box>
      )}
    </Box>
  );
}

/** Earlier revisions of the policy, what they would change today, and the way back to one. */
export function History({ policy, subjects, onClose }: Props) {
  const { data, error, refetch } = useApi(PolicyVersionsDocument, { limit: LIMIT });
  const columns: readonly Column<PolicyVersion>[] = [
    {
      key: 'revision',
      label: 'Revision',
      width: 110,
      render: ({ revision }) => (
        <>
          <strong>{revision}</strong>
          {revision === policy.revision && <Typography variant="caption"> now</Typography>}
        </>
      ),
    },
    {
      key: 'why',
      label: 'Who, and why',
      render: ({ createdBy, comment, grantCount, mode }) => (
        <>
          <Box sx={{ overflowWrap: 'anywhere' }}>{createdBy}</Box>
          <Typography variant="caption" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            {comment ?? plural(grantCount, 'grant')}
            {mode === 'dry_run' && ', dry run'}
          </Typography>
        </>
      ),
    },
    { key: 'at', label: 'When', from: 'sm', render: ({ createdAt }) => <RelativeTime at={createdAt} /> },
  ];
  return (
    <Dialog open onClose={onClose} maxWidth="md" fullWidth aria-labelledby="history-title">
      <DialogTitle id="history-title" component="h2">
        Revisions of the policy
      </DialogTitle>
      <DialogContent>
        {error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : data?.policyVersions.length === 0 ? (
          <Typography>No change has been made yet.</Typography>
        ) : (
          data && (
            <DataTable
              label="Revisions"
              rows={data.policyVersions}
              columns={columns}
              rowKey={({ revision }) => String(revision)}
              detail={(version) => <Version version={version} policy={policy} subjects={subjects} onDone={onClose} />}
            />
          )
        )}
        {data?.policyVersions.length === LIMIT && (
          <Typography variant="caption" color="textSecondary">
            The newest {LIMIT} are shown; the audit log has all.
          </Typography>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
