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
  const rollBack = useChange(RollBackPolicyDocument, {
    quiet: true,
    say: `The grants of revision ${version.revision} are in force again.`,
    done: onDone,
  });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Typography variant="body2">Reading the grants …</Typography>;
  const changes = difference(policy, data.policyVersion.grants);
  if (changes.length === 0) return <Typography variant="body2">Its grants are those in force now.</Typography>;
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Typography variant="body2">Bringing it back makes {plural(changes.length, 'change')}:</Typography>
      <ChangeList changes={changes} saved={grantsOf(policy.grants)} subjects={subjects} />
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
