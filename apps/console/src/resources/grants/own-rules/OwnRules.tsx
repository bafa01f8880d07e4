import { Alert, Box, Button, Chip, Typography } from '@mui/material';
import AddIcon from '@mui/icons-material/Add';
import { useState } from 'react';
import { useApi, useChange } from '../../../api/use-api.ts';
import { plural } from '../../../format.ts';
import { useCan } from '../../../session/use-viewer.ts';
import { Confirm } from '../../../ui/Confirm.tsx';
import { DataTable, type Column } from '../../../ui/DataTable.tsx';
import { Section } from '../../../ui/Page.tsx';
import { RowsSkeleton } from '../../../ui/PageSkeleton.tsx';
import { Problem } from '../../../ui/Problem.tsx';
import { RelativeTime } from '../../../ui/RelativeTime.tsx';
import { ReplayDialog } from '../ReplayDialog.tsx';
import { ModuleDialog } from './ModuleDialog.tsx';
import { PolicyModulesDocument, PublishPolicyModuleDocument, type ModuleRow, type Modules } from './queries.ts';

function Publishing({ modules, to, onClose }: { modules: Modules; to: number | null; onClose: () => void }) {
  const [trying, setTrying] = useState(false);
  const publish = useChange(PublishPolicyModuleDocument, {
    say: to === null ? 'Own rules no longer hold.' : `Revision ${to} of your own rules is in force.`,
    done: onClose,
  });
  return (
    <>
      <Confirm
        open
        title={to === null ? 'Take your own rules out of force?' : `Put revision ${to} in force?`}
        act={to === null ? 'Take them out' : 'Put it in force'}
        grave={to === null}
        busy={publish.isPending}
        onAct={() => publish.mutate({ revision: to, expectedRevision: modules.revision, comment: null })}
        onClose={onClose}
      >
        {to === null
          ? 'What grants and rules allow is then allowed without them, at once and everywhere.'
          : 'It holds at once, for every call on every way in. Should it give no answer in time, calls are denied.'}
        <Box sx={{ mt: 1 }}>
          <Button size="small" onClick={() => setTrying(true)} data-testid="try-module">
            Try on the log first
          </Button>
        </Box>
      </Confirm>
      {trying && (
        <ReplayDialog
          draft={{ changes: [], moduleRevision: to ?? 0 }}
          under={to === null ? 'a policy without your own rules' : `revision ${to} of your own rules`}
          onClose={() => setTrying(false)}
        />
      )}
    </>
  );
}

function Revisions({ modules, onOpen }: { modules: Modules; onOpen: (revision: number) => void }) {
  const editable = useCan('grants.write');
  const [to, setTo] = useState<number | null>();
  const columns: readonly Column<ModuleRow>[] = [
    {
      key: 'revision',
      label: 'Revision',
      width: 110,
      render: ({ revision }) => (
        <Box sx={{ display: 'flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
          <strong>{revision}</strong>
          {revision === modules.inForce && (
            <Chip size="small" color="success" variant="outlined" label="In force" data-testid="module-in-force" />
          )}
        </Box>
      ),
    },
    {
      key: 'who',
      label: 'Who, and why',
      render: ({ createdBy, comment, testCount }) => (
        <>
          <Box sx={{ overflowWrap: 'anywhere' }}>{createdBy}</Box>
          <Typography variant="caption" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            {[comment, plural(testCount, 'test')].filter(Boolean).join(', ')}
          </Typography>
        </>
      ),
    },
    { key: 'compiler', label: 'Compiled by', from: 'md', render: ({ compiler }) => compiler },
    { key: 'at', label: 'When', from: 'sm', render: ({ createdAt }) => <RelativeTime at={createdAt} /> },
    {
      key: 'act',
      label: '',
      align: 'right',
      render: ({ revision }) => (
        <Box sx={{ display: 'flex', justifyContent: 'flex-end', flexWrap: 'wrap' }}>
          <Button size="small" onClick={() => onOpen(revision)}>
            Open
          </Button>
          {editable &&
            (revision === modules.inForce ? (
              <Button size="small" color="error" onClick={() => setTo(null)} data-testid="withdraw-module">
                Take out
              </Button>
            ) : (
              <Button size="small" onClick={() => setTo(revision)} data-testid={`publish-module-${revision}`}>
                Put in force
              </Button>
            ))}
        </Box>
      ),
    },
  ];
  return (
    <>
      <DataTable
        label="Revisions of own rules"
        rows={modules.items}
        columns={columns}
        rowKey={({ revision }) => String(revision)}
      />
      {to !== undefined && <Publishing modules={modules} to={to} onClose={() => setTo(undefined)} />}
    </>
  );
}

/** Rules that a tenant writes in Rego: asked last, and only to take back. */
export function OwnRules() {
  const editable = useCan('grants.write');
  const { data, error, refetch } = useApi(PolicyModulesDocument, {});
  const [from, setFrom] = useState<number | 'new'>();
  const modules = data?.policyModules;
  const newest = modules?.items[0]?.revision;
  return (
    <Box sx={{ mt: 2 }} data-testid="own-rules">
      <Section
        title="Own rules in Rego"
        aside={
          editable &&
          modules?.missing == null &&
          modules && (
            <Button
              size="small"
              startIcon={<AddIcon />}
              onClick={() => setFrom(newest ?? 'new')}
              data-testid="write-module"
            >
              {newest === undefined ? 'Write rules' : 'Write a revision'}
            </Button>
          )
        }
        flush
      >
        {error && <Problem error={error} retry={() => void refetch()} />}
        {!error && !modules && <RowsSkeleton />}
        {modules?.missing != null && (
          <Alert severity="info" sx={{ mx: 2, mb: 2 }} data-testid="no-compiler">
            Rules cannot be sent on this host: {modules.missing} The operator installs OPA (openpolicyagent.org) and
            names it: <code>SWITCHYARD_OPA=/usr/local/bin/opa</code>. Rules that are in force go on without it.
          </Alert>
        )}
        {modules?.items.length === 0 && modules.missing == null && (
          <Typography variant="body2" color="textSecondary" sx={{ px: 2, pb: 2 }}>
            What conditions of a rule cannot express, you write as code: a Rego module with its tests. It sees what
            every decision sees, is asked on every way in, and can only forbid, ask for an approval, mask or cap.
          </Typography>
        )}
        {modules && modules.items.length > 0 && <Revisions modules={modules} onOpen={setFrom} />}
      </Section>
      {from !== undefined && modules && (
        <ModuleDialog
          from={from === 'new' ? undefined : from}
          missing={modules.missing ?? undefined}
          editable={editable}
          onClose={() => setFrom(undefined)}
        />
      )}
    </Box>
  );
}
