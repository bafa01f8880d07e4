import { Box, Button, Typography } from '@mui/material';
import SchoolIcon from '@mui/icons-material/ExtensionOutlined';
import UploadIcon from '@mui/icons-material/UploadFileOutlined';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { MONO } from '../../theme.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { FilterBar } from '../../ui/FilterBar.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { RowsSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ImportSkills } from './ImportSkills.tsx';
import { SkillsDocument, type SkillRow } from './queries.ts';

/** Below this many, everything fits on a screen. */
const SEARCH_FROM = 9;

/** The version that people get, or the newest draft. */
const shownVersion = ({ promotedVersion, versions }: SkillRow) =>
  versions.find(({ version }) => version === promotedVersion) ?? versions[0];

const waiting = ({ promotedVersion, versions }: SkillRow): number =>
  versions.filter(({ version }) => version > (promotedVersion ?? 0)).length;

const COLUMNS: readonly Column<SkillRow>[] = [
  {
    key: 'name',
    label: 'Skill',
    render: (skill) => (
      <>
        <Box
          component={Link}
          to={`/skills/${skill.name}/show`}
          sx={{ fontFamily: MONO, fontSize: 13, fontWeight: 550, color: 'text.primary', overflowWrap: 'anywhere' }}
        >
          {skill.name}
        </Box>
        <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
          {shownVersion(skill)?.description}
        </Typography>
      </>
    ),
  },
  {
    key: 'state',
    label: 'State',
    width: 150,
    render: (skill) => (
      <>
        <StatusChip kind="skill" value={skill.state} />
        {skill.state === 'promoted' && waiting(skill) > 0 && (
          <Typography variant="caption" color="textSecondary" component="div" sx={{ mt: 0.5 }}>
            {plural(waiting(skill), 'newer draft')}
          </Typography>
        )}
      </>
    ),
  },
  {
    key: 'tools',
    label: 'Tools needed',
    from: 'md',
    width: '24%',
    render: (skill) => {
      const tools = shownVersion(skill)?.tools ?? [];
      return tools.length === 0 ? 'none' : tools.map(({ server, tool }) => `${server}.${tool ?? '*'}`).join(', ');
    },
  },
  { key: 'by', label: 'By', from: 'md', width: '16%', render: (skill) => shownVersion(skill)?.authorName },
  {
    key: 'updated',
    label: 'Changed',
    from: 'sm',
    align: 'right',
    render: (skill) => <RelativeTime at={skill.updatedAt} />,
  },
];

export function List() {
  const { data, error, refetch } = useApi(SkillsDocument, {});
  const mayWrite = useCan('skills.write');
  const [importing, setImporting] = useState(false);
  const [text, setText] = useState('');
  const skills = data?.skills ?? [];
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = skills.filter((skill) => {
    const about = `${skill.name} ${shownVersion(skill)?.description ?? ''}`.toLowerCase();
    return words.every((word) => about.includes(word));
  });
  const importButton = mayWrite && (
    <Button
      variant="outlined"
      startIcon={<UploadIcon />}
      onClick={() => setImporting(true)}
      data-testid="import-skills"
    >
      Import
    </Button>
  );
  return (
    <Page
      title="Skills"
      lead="Functions that code imports like a tool. Whoever calls one does so with their own rights, never its author’s."
      actions={importButton}
    >
      {skills.length >= SEARCH_FROM && (
        <FilterBar>
          <SearchField value={text} onChange={setText} label="Search skills" settleMs={0} />
        </FilterBar>
      )}
      <Section flush>
        {data ? (
          skills.length === 0 ? (
            <EmptyState
              icon={SchoolIcon}
              title="No skills yet"
              action={
                <Button component={Link} to="/runs" variant="contained">
                  Look at runs
                </Button>
              }
            >
              Open a run that went well and save its code as a skill, or let a model do it with <code>save_skill</code>.
              Then promote it, and everybody’s code can import it.
            </EmptyState>
          ) : rows.length === 0 ? (
            <EmptyState icon={SchoolIcon} title="None of them fits">
              Search by other words.
            </EmptyState>
          ) : (
            <DataTable
              label="Skills"
              rows={rows}
              columns={COLUMNS}
              rowKey={(skill) => skill.id}
              to={(skill) => `/skills/${skill.name}/show`}
            />
          )
        ) : error ? (
          <Problem error={error} retry={() => void refetch()} />
        ) : (
          <RowsSkeleton rows={4} />
        )}
      </Section>
      {importing && <ImportSkills onClose={() => setImporting(false)} />}
    </Page>
  );
}
