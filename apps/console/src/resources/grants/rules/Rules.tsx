import { Box, Button, IconButton, Tooltip, Typography } from '@mui/material';
import AddIcon from '@mui/icons-material/Add';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import { useState } from 'react';
import { useApi, useChange } from '../../../api/use-api.ts';
import { useCan } from '../../../session/use-viewer.ts';
import { Confirm } from '../../../ui/Confirm.tsx';
import { DataTable, type Column } from '../../../ui/DataTable.tsx';
import { Section } from '../../../ui/Page.tsx';
import { RowsSkeleton } from '../../../ui/PageSkeleton.tsx';
import { Problem } from '../../../ui/Problem.tsx';
import { ToolName } from '../../../ui/ToolName.tsx';
import { ReplayDialog } from '../ReplayDialog.tsx';
import { PolicyRulesDocument, RemovePolicyRuleDocument, type RuleRow } from './queries.ts';
import { RuleDialog } from './RuleDialog.tsx';
import { conditionInWords, effectInWords } from './words.ts';

interface Who {
  readonly value: string;
  readonly label: string;
}

/** What takes back a part of what the matrix allows: approvals, conditions, obligations. */
export function Rules({ addresses, subjects }: { addresses: readonly string[]; subjects: readonly Who[] }) {
  const editable = useCan('grants.write');
  const { data, error, refetch } = useApi(PolicyRulesDocument, {});
  const [editing, setEditing] = useState<RuleRow | 'new'>();
  const [removing, setRemoving] = useState<RuleRow>();
  const [tried, setTried] = useState<RuleRow>();
  const remove = useChange(RemovePolicyRuleDocument, {
    say: 'The rule was taken away.',
    done: () => setRemoving(undefined),
  });
  const labelOf = (kind: string, name: string): string =>
    subjects.find(({ value }) => value === `${kind}:${name}`)?.label ?? name;
  const columns: readonly Column<RuleRow>[] = [
    {
      key: 'name',
      label: 'Rule',
      width: '22%',
      render: ({ name, reason }) => (
        <>
          <strong>{name}</strong>
          {reason !== '' && (
            <Typography variant="caption" color="textSecondary" component="div">
              {reason}
            </Typography>
          )}
        </>
      ),
    },
    {
      key: 'tool',
      label: 'A call of',
      from: 'sm',
      render: ({ server, tool }) =>
        server === '*' && tool === '*' ? 'any tool' : <ToolName server={server} tool={tool} />,
    },
    {
      key: 'who',
      label: 'by',
      from: 'md',
      render: (rule) =>
        rule.subjects.length === 0 ? 'anybody' : rule.subjects.map(({ kind, name }) => labelOf(kind, name)).join(', '),
    },
    { key: 'when', label: 'when', from: 'md', render: (rule) => conditionInWords(rule) || 'always' },
    {
      key: 'effect',
      label: 'then it',
      render: (rule) => (
        <>
          {effectInWords(rule)}
          <Typography variant="caption" color="textSecondary" sx={{ display: { xs: 'block', md: 'none' } }}>
            {rule.server}.{rule.tool} {conditionInWords(rule)}
          </Typography>
        </>
      ),
    },
    {
      key: 'act',
      label: '',
      align: 'right',
      render: (rule) =>
        editable ? (
          <Box sx={{ whiteSpace: 'nowrap' }}>
            <Tooltip title={`Change ${rule.name}`}>
              <IconButton size="small" onClick={() => setEditing(rule)} aria-label={`Change ${rule.name}`}>
                <EditIcon fontSize="small" />
              </IconButton>
            </Tooltip>
            <Tooltip title={`Take ${rule.name} away`}>
              <IconButton size="small" onClick={() => setRemoving(rule)} aria-label={`Take ${rule.name} away`}>
                <DeleteIcon fontSize="small" />
              </IconButton>
            </Tooltip>
          </Box>
        ) : null,
    },
  ];
  const rules = data?.policyRules.rules;
  return (
    <Box sx={{ mt: 2 }} data-testid="rules">
      <Section
        title="Rules"
        aside={
          editable && (
            <Button size="small" startIcon={<AddIcon />} onClick={() => setEditing('new')} data-testid="add-rule">
              Add a rule
            </Button>
          )
        }
        flush
      >
        {error && <Problem error={error} retry={() => void refetch()} />}
        {!error && !rules && <RowsSkeleton />}
        {rules?.length === 0 && (
          <Typography variant="body2" color="textSecondary" sx={{ px: 2, pb: 2 }}>
            A rule takes back a part of what the matrix allows: it makes a call wait for a person, forbids it above an
            amount or at night, masks fields of its result, or caps rows and calls. All rules that speak of a call
            count, and the strictest wins.
          </Typography>
        )}
        {rules !== undefined && rules.length > 0 && (
          <DataTable label="Rules" rows={rules} columns={columns} rowKey={({ id }) => id} />
        )}
      </Section>
      {editing !== undefined && data && (
        <RuleDialog
          {...(editing === 'new' ? {} : { rule: editing })}
          revision={data.policyRules.revision}
          addresses={addresses}
          subjects={subjects}
          onClose={() => setEditing(undefined)}
        />
      )}
      <Confirm
        open={removing !== undefined}
        title="Take this rule away?"
        act="Take it away"
        grave
        busy={remove.isPending}
        onAct={() =>
          removing && data && remove.mutate({ id: removing.id, expectedRevision: data.policyRules.revision })
        }
        onClose={() => setRemoving(undefined)}
      >
        {removing && (
          <>
            “{removing.name}” no longer holds, at once: what the matrix allows is then allowed without it. The revision
            before can be brought back.
            <Box sx={{ mt: 1 }}>
              <Button size="small" onClick={() => setTried(removing)} data-testid="try-removal">
                Try on the log first
              </Button>
            </Box>
          </>
        )}
      </Confirm>
      {tried && (
        <ReplayDialog
          draft={{ changes: [], ruleId: tried.id }}
          under={`a policy without the rule “${tried.name}”`}
          onClose={() => setTried(undefined)}
        />
      )}
    </Box>
  );
}
