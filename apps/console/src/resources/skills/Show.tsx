import { Alert, Box, Button, Chip, Tab, Tabs, Typography } from '@mui/material';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { Link, useNavigate, useParams } from 'react-router-dom';
import { messageOf } from '../../api/errors.ts';
import { query } from '../../api/graphql.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { Code } from '../../code/Code.tsx';
import { rememberDraft } from '../../playground/draft.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { Identifier } from '../../ui/Snippet.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolName } from '../../ui/ToolName.tsx';
import {
  ExportSkillDocument,
  PromoteSkillDocument,
  RetireSkillDocument,
  SkillDocument,
  type Skill,
  type SkillVersion,
} from './queries.ts';

const callOf = ({ name }: Skill, { inputType }: SkillVersion): string =>
  `import { ${name} } from 'skills/${name}';\n\nreturn await ${name}(${inputType === 'void' ? '' : '{ /* … */ }'});`;

function Needs({ version }: { version: SkillVersion }) {
  if (version.tools.length === 0 && version.skills.length === 0) return <>nothing</>;
  return (
    <Box sx={{ display: 'flex', gap: 0.75, flexWrap: 'wrap' }}>
      {version.tools.map(({ server, tool }) => (
        <Chip
          key={`${server}.${tool ?? '*'}`}
          size="small"
          variant="outlined"
          label={<ToolName server={server} tool={tool ?? '*'} />}
        />
      ))}
      {version.skills.map((name) => (
        <Chip key={name} size="small" component={Link} clickable to={`/skills/${name}/show`} label={`skills/${name}`} />
      ))}
    </Box>
  );
}

function stateOf(skill: Skill, version: SkillVersion): 'promoted' | 'retired' | 'superseded' | 'draft' {
  if (skill.promotedVersion === version.version) return skill.state === 'retired' ? 'retired' : 'promoted';
  return version.promotedAt == null ? 'draft' : 'superseded';
}

function VersionView({ skill, version }: { skill: Skill; version: SkillVersion }) {
  const promoted = skill.versions.find((each) => each.version === skill.promotedVersion);
  const [tab, setTab] = useState<'code' | 'types' | 'diff'>('code');
  const differs = promoted !== undefined && promoted.version !== version.version;
  const shown = tab === 'diff' && !differs ? 'code' : tab;
  const text = shown === 'types' ? version.declaration : version.code;
  return (
    <Section flush>
      <Box sx={{ display: 'flex', alignItems: 'center', pr: 1, borderBottom: 1, borderColor: 'divider' }}>
        <Tabs
          value={shown}
          onChange={(_, next: typeof tab) => setTab(next)}
          aria-label="Version"
          variant="scrollable"
          sx={{ flex: 1 }}
        >
          <Tab value="code" label={`Code of version ${version.version}`} />
          <Tab value="types" label="Types" />
          {differs && <Tab value="diff" label={`Against version ${promoted.version}`} />}
        </Tabs>
        {shown !== 'diff' && <CopyButton text={text} label="Copy" />}
      </Box>
      {shown === 'diff' && differs ? (
        <Box sx={{ p: 1.5 }}>
          <Diff before={promoted.code} after={version.code} label="Promoted and shown version" />
        </Box>
      ) : (
        <Code key={shown} text={text} label={shown === 'types' ? 'Types' : 'Code'} maxHeight={560} />
      )}
    </Section>
  );
}

function SkillPage({ skill }: { skill: Skill }) {
  const navigate = useNavigate();
  const notify = useNotify();
  const mayDecide = useCan('skills.promote');
  const mayRun = useCan('runs.execute');
  const [chosen, setChosen] = useState<number>();
  const [asking, setAsking] = useState<'promote' | 'retire'>();
  const version =
    skill.versions.find((each) => each.version === chosen) ??
    skill.versions.find((each) => each.version === skill.promotedVersion) ??
    skill.versions[0];
  const close = () => setAsking(undefined);
  const promote = useChange(PromoteSkillDocument, { say: 'Everybody gets this version now.', done: close });
  const retire = useChange(RetireSkillDocument, { say: 'Nobody can import it any longer.', done: close });
  if (!version) return null;
  const state = stateOf(skill, version);
  const exportIt = async (): Promise<void> => {
    try {
      const { exportSkill } = await query(ExportSkillDocument, { name: skill.name, version: version.version });
      saveFile(`${skill.name}-${version.version}.skills.json`, `${JSON.stringify(exportSkill, null, 2)}\n`);
    } catch (error) {
      notify(messageOf(error), { type: 'error' });
    }
  };
  const columns: readonly Column<SkillVersion>[] = [
    {
      key: 'version',
      label: 'Version',
      width: 90,
      render: (each) => (
        <Button
          size="small"
          variant={each.version === version.version ? 'contained' : 'text'}
          disableElevation
          aria-pressed={each.version === version.version}
          onClick={() => setChosen(each.version)}
          data-testid={`version-${each.version}`}
        >
          {each.version}
        </Button>
      ),
    },
    {
      key: 'state',
      label: 'State',
      width: 140,
      render: (each) => <StatusChip kind="skill" value={stateOf(skill, each)} />,
    },
    { key: 'by', label: 'Saved by', render: (each) => each.authorName },
    { key: 'when', label: 'Saved', from: 'sm', render: (each) => <RelativeTime at={each.createdAt} /> },
    {
      key: 'promoted',
      label: 'Promoted by',
      from: 'md',
      render: (each) => each.promotedBy ?? '–',
    },
    {
      key: 'run',
      label: 'From run',
      from: 'md',
      render: (each) => (each.runId == null ? '–' : <Link to={`/runs/${each.runId}/show`}>open</Link>),
    },
  ];
  return (
    <Page
      title={skill.name}
      mark={<StatusChip kind="skill" value={skill.state} />}
      lead={version.description}
      parent={{ label: 'Skills', to: '/skills' }}
      wide
      actions={
        <>
          <Button startIcon={<DownloadIcon />} onClick={() => void exportIt()} data-testid="export-skill">
            Export
          </Button>
          {mayRun && skill.state !== 'retired' && (
            <Button
              variant="outlined"
              onClick={() => {
                rememberDraft(callOf(skill, version));
                navigate('/playground');
              }}
            >
              Try it
            </Button>
          )}
          {mayDecide && skill.state === 'promoted' && (
            <Button color="error" onClick={() => setAsking('retire')} data-testid="retire">
              Retire
            </Button>
          )}
          {mayDecide && state !== 'promoted' && (
            <Button variant="contained" onClick={() => setAsking('promote')} data-testid="promote">
              Promote version {version.version}
            </Button>
          )}
        </>
      }
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        {skill.state === 'draft' && (
          <Alert severity="info">
            A draft: only its author’s code can import it.{' '}
            {mayDecide ? 'Read it, and promote it when it is right.' : ''}
          </Alert>
        )}
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 3fr) minmax(0, 2fr)' },
            alignItems: 'start',
          }}
        >
          <VersionView key={version.version} skill={skill} version={version} />
          <Section title={`Version ${version.version}`}>
            <Facts
              rows={[
                ['Takes', <code key="in">{version.inputType}</code>],
                ['Gives', <code key="out">{version.outputType}</code>],
                ['Needs', <Needs key="needs" version={version} />],
                [
                  'Import',
                  <Identifier
                    key="import"
                    label="import"
                    value={`import { ${skill.name} } from 'skills/${skill.name}';`}
                  />,
                ],
                ['Over HTTP', <code key="http">{`POST /v1/executions { "skill": "${skill.name}" }`}</code>],
                ['Code hash', <Identifier key="hash" label="code hash" value={version.codeHash} />],
              ]}
            />
            <Typography variant="caption" color="textSecondary" component="p" sx={{ m: 0, mt: 1.5 }}>
              Whoever may not use one of the tools it needs does not see this skill.
            </Typography>
          </Section>
        </Box>
        <Section title="Versions" flush>
          <DataTable label="Versions" rows={skill.versions} columns={columns} rowKey={(each) => String(each.version)} />
        </Section>
      </Box>
      <Confirm
        open={asking === 'promote'}
        title={`Promote version ${version.version} of ${skill.name}?`}
        act="Promote"
        busy={promote.isPending}
        onAct={() => promote.mutate({ name: skill.name, version: version.version })}
        onClose={close}
      >
        Everybody’s code that imports {skill.name} gets this version from its next run on, with the rights of whoever
        runs it. You are on record as the one who decided.
      </Confirm>
      <Confirm
        open={asking === 'retire'}
        title={`Retire ${skill.name}?`}
        act="Retire"
        grave
        busy={retire.isPending}
        onAct={() => retire.mutate({ name: skill.name })}
        onClose={close}
      >
        Code that imports it is refused from its next run on. Its versions stay here, and promoting one brings it back.
      </Confirm>
    </Page>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(SkillDocument, { name: id });
  if (data) return <SkillPage skill={data.skill} />;
  if (error) return <Problem error={error} retry={() => void refetch()} title="This skill cannot be shown" tall />;
  return <PageSkeleton />;
}
