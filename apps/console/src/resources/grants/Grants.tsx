import { Alert, Autocomplete, Box, Button, TextField, useMediaQuery } from '@mui/material';
import GridIcon from '@mui/icons-material/GridOnOutlined';
import HistoryIcon from '@mui/icons-material/HistoryOutlined';
import type { Theme } from '@mui/material/styles';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { ApiError, messageOf } from '../../api/errors.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { useCan, useViewer } from '../../session/use-viewer.ts';
import { Choice } from '../../ui/Choice.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { ApiKeysDocument, type ApiKey } from '../keys/queries.ts';
import { ToolsDocument, type ToolRow } from '../tools/queries.ts';
import { BulkDialog } from './BulkDialog.tsx';
import { ANY, ALL_KEYS, parsePlace, type Place, type Subject } from './effect.ts';
import { History } from './History.tsx';
import { Legend } from './Legend.tsx';
import { Matrix } from './Matrix.tsx';
import { OtherGrants } from './OtherGrants.tsx';
import { PendingBar } from './PendingBar.tsx';
import { PolicyMode } from './PolicyMode.tsx';
import { PolicyDocument, SetGrantsDocument, type Policy } from './queries.ts';
import { ReplayDialog } from './ReplayDialog.tsx';
import { OwnRules } from './own-rules/OwnRules.tsx';
import { Rules } from './rules/Rules.tsx';
import { groupByServer } from './group-by-server.ts';
import { usePending } from './use-pending.ts';

const ROLES: readonly Subject[] = [
  { kind: 'role', name: 'owner', label: 'Owner' },
  { kind: 'role', name: 'admin', label: 'Admin' },
  { kind: 'role', name: 'reviewer', label: 'Reviewer' },
  { kind: 'role', name: 'analyst', label: 'Analyst' },
  { kind: 'role', name: ALL_KEYS, label: 'All API keys' },
];
const CONFLICT = 'Nothing was saved, because somebody else has changed the policy meanwhile.';

interface Props {
  readonly policy: Policy;
  readonly tools: readonly ToolRow[];
  readonly keys: readonly ApiKey[];
}

const sameSubject = (one: Place['subject'], other: Place['subject']) =>
  one.kind === other.kind && one.name === other.name;

function GrantsPage({ policy, tools, keys }: Props) {
  const { tenant } = useViewer();
  const editable = useCan('grants.write');
  const narrow = useMediaQuery<Theme>((theme) => theme.breakpoints.down('sm'));
  const [search, setSearch] = useSearchParams();
  const wanted = search.get('query') ?? '';
  const server = search.get('server') ?? '';
  const setParam = (name: string, value: string) =>
    setSearch((before) => (value === '' ? before.delete(name) : before.set(name, value), before), { replace: true });
  const pending = usePending(policy, tenant.id);
  const keySubjects = keys.map((key): Subject => ({ kind: 'key', name: key.id, label: key.name }));
  const [picked, setPicked] = useState<ReadonlySet<string>>(
    () => new Set(policy.grants.filter((grant) => grant.subjectKind === 'key').map((grant) => grant.subject)),
  );
  const columns = [...ROLES, ...keySubjects.filter((key) => picked.has(key.name))];
  const [onlyColumn, setOnlyColumn] = useState('role:analyst');
  const shownColumns = narrow ? columns.filter((each) => `${each.kind}:${each.name}` === onlyColumn) : columns;

  const groups = useMemo(() => groupByServer(tools, wanted, server), [tools, wanted, server]);
  const few = tools.length <= 40;
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const openAtFirst = few || wanted !== '' || server !== '';
  const open = new Set(groups.map((group) => group.server).filter((name) => openAtFirst !== toggled.has(name)));
  const [bulk, setBulk] = useState<string>();
  const bulkGroup = groups.find((group) => group.server === bulk);

  const [problem, setProblem] = useState<string>();
  const save = useChange(SetGrantsDocument, {
    quiet: true,
    say: 'The grants were saved, and are in force.',
    done: () => pending.discard(),
  });
  const { refetch } = useApi(PolicyDocument, {});
  const [dialog, setDialog] = useState<'replay' | 'history'>();
  const changes = pending.changes.map(([place, effect]) => {
    const { subject, server: atServer, tool } = parsePlace(place);
    return {
      subjectKind: subject.kind,
      subject: subject.name,
      server: atServer,
      tool,
      ...(effect === null ? {} : { effect }),
    };
  });
  const submit = (comment: string) => {
    setProblem(undefined);
    save.mutate(
      { expectedRevision: pending.expectedRevision, changes, comment: comment || null },
      {
        onError: (error) => {
          const conflict = error instanceof ApiError && error.code === 'CONFLICT';
          setProblem(conflict ? CONFLICT : messageOf(error));
          if (conflict) void refetch();
        },
      },
    );
  };
  const rows = useMemo(() => new Set(tools.map((tool) => `${tool.server} ${tool.functionName}`)), [tools]);
  const servers = useMemo(() => new Set(tools.map((tool) => tool.server)), [tools]);
  const everySubject = [...ROLES, ...keySubjects];

  return (
    <Page
      title="Grants"
      mark={<PolicyMode mode={policy.mode} />}
      lead={
        <>
          Who may call what. Nothing is allowed until it is granted, and one deny beats any number of allows. Revision{' '}
          {policy.revision}.{editable && ' A click on a cell goes from not set to allow to deny.'}
        </>
      }
      actions={
        <Button variant="outlined" startIcon={<HistoryIcon />} onClick={() => setDialog('history')}>
          Revisions
        </Button>
      }
      wide
    >
      {policy.mode === 'dry_run' && (
        <Alert severity="warning" sx={{ mb: 2 }}>
          Dry run: decisions are written down, and no call is stopped, whatever the matrix says.
        </Alert>
      )}
      <FilterBar onClear={wanted !== '' || server !== '' ? () => setSearch({}, { replace: true }) : undefined}>
        <SearchField label="Search tools" value={wanted} onChange={(text) => setParam('query', text)} settleMs={120} />
        <Choice
          label="Server"
          any="All"
          value={server}
          onChange={(next) => setParam('server', next)}
          options={[...servers].sort().map((name) => ({ value: name, label: name }))}
        />
        {narrow && (
          <Choice
            label="Who"
            value={onlyColumn}
            onChange={setOnlyColumn}
            options={columns.map((each) => ({ value: `${each.kind}:${each.name}`, label: each.label }))}
          />
        )}
        {keySubjects.length > picked.size && (
          <Autocomplete
            size="small"
            options={keySubjects.filter((key) => !picked.has(key.name))}
            getOptionLabel={(key) => key.label}
            getOptionKey={(key) => key.name}
            value={null}
            blurOnSelect
            clearOnBlur
            onChange={(_, key) => {
              if (!key) return;
              setPicked(new Set([...picked, key.name]));
              setOnlyColumn(`key:${key.name}`);
            }}
            renderInput={(params) => <TextField {...params} label="Add a column for one key" />}
            sx={{ width: { xs: '100%', sm: 280 }, bgcolor: 'background.paper' }}
          />
        )}
      </FilterBar>
      <Legend />
      <Section flush>
        {tools.length === 0 ? (
          <EmptyState
            icon={GridIcon}
            title="There are no tools to grant"
            action={
              <Button component={Link} to="/connections" variant="outlined">
                Go to connections
              </Button>
            }
          >
            Connect a server first. Its tools become the rows of this matrix.
          </EmptyState>
        ) : (
          <Matrix
            groups={groups}
            subjects={shownColumns}
            pending={pending}
            editable={editable}
            open={open}
            onToggle={(name) => {
              const next = new Set(toggled);
              if (!next.delete(name)) next.add(name);
              setToggled(next);
            }}
            onBulk={setBulk}
            onRemoveSubject={(subject) => setPicked(new Set([...picked].filter((name) => name !== subject.name)))}
          />
        )}
      </Section>
      <OtherGrants
        pending={pending}
        subjects={everySubject}
        editable={editable}
        labelOf={(subject) =>
          everySubject.find((each) => sameSubject(each, subject))?.label ?? `revoked key ${subject.name}`
        }
        hasRow={(atServer, tool) =>
          (atServer === ANY && tool === ANY) || (tool === ANY ? servers.has(atServer) : rows.has(`${atServer} ${tool}`))
        }
      />
      <Rules
        addresses={tools.map((tool) => `${tool.server}.${tool.functionName}`)}
        subjects={everySubject.map(({ kind, name, label }) => ({ value: `${kind}:${name}`, label }))}
      />
      <OwnRules />
      <Box aria-live="polite" sx={{ position: 'sticky', bottom: 12, zIndex: 5, mt: 2 }}>
        <PendingBar
          pending={pending}
          subjects={everySubject}
          busy={save.isPending}
          problem={problem}
          onSave={submit}
          onTry={() => setDialog('replay')}
          onRebase={() => {
            setProblem(undefined);
            pending.rebase();
          }}
        />
      </Box>
      {dialog === 'replay' && (
        <ReplayDialog
          draft={{ changes }}
          under={plural(changes.length, 'change')}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === 'history' && <History policy={policy} subjects={everySubject} onClose={() => setDialog(undefined)} />}
      {bulkGroup && (
        <BulkDialog group={bulkGroup} subjects={shownColumns} pending={pending} onClose={() => setBulk(undefined)} />
      )}
    </Page>
  );
}

export default function Grants() {
  const mayReadKeys = useCan('keys.read');
  const policy = useApi(PolicyDocument, {});
  const tools = useApi(ToolsDocument, {});
  const keys = useApi(ApiKeysDocument, {}, { enabled: mayReadKeys });
  const error = policy.error ?? tools.error;
  if (policy.data && tools.data)
    return (
      <GrantsPage
        policy={policy.data.policy}
        tools={tools.data.tools.filter((tool) => tool.status !== 'removed')}
        keys={keys.data?.apiKeys ?? []}
      />
    );
  if (error)
    return (
      <Problem
        error={error}
        retry={() => {
          void policy.refetch();
          void tools.refetch();
        }}
        tall
      />
    );
  return <PageSkeleton />;
}
