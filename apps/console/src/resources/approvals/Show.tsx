import { Alert, Box, Link as MuiLink } from '@mui/material';
import { useMemo, useRef } from 'react';
import { Link, useParams } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { Code } from '../../code/Code.tsx';
import type { CodeHandle } from '../../code/CodeMirror.tsx';
import { useCan } from '../../session/use-viewer.ts';
import { Facts } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { Arguments } from './Arguments.tsx';
import { Decide } from './Decide.tsx';
import { ApprovalDocument, type Approval } from './queries.ts';
import { askerOf, linesThatCall, RISKS, standing } from './words.ts';

function Votes({ votes }: Pick<Approval, 'votes'>) {
  return (
    <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
      {votes.map(({ voterName, granted, comment, at }) => (
        <li key={voterName}>
          {voterName} {granted ? 'approved' : 'denied'} <RelativeTime at={at} />
          {comment != null && <>: “{comment}”</>}
        </li>
      ))}
    </Box>
  );
}

function CodeThatAsks({ approval: { run, tool } }: { approval: Approval }) {
  const handle = useRef<CodeHandle>(null);
  const code = run?.code ?? '';
  const markers = useMemo(
    () =>
      linesThatCall(code, tool).map((line) => ({
        stage: 'approval',
        code: 'asks here',
        message: `${tool} is called here.`,
        line,
        column: 1,
        severity: 'warning' as const,
      })),
    [code, tool],
  );
  return (
    <Section title="Code that asks" flush>
      {run ? (
        <Code text={code} label="Code that asks" findings={markers} handle={handle} maxHeight={460} />
      ) : (
        <Box sx={{ p: 2, color: 'text.secondary' }}>No code: a model called the tool by itself, in a conversation.</Box>
      )}
    </Section>
  );
}

/** Two columns; on a narrow screen one, in the order in which it is read: asked for what, with what, decide, the code. */
const COLUMN = {
  display: { xs: 'contents', lg: 'grid' },
  gap: 2,
  gridTemplateColumns: 'minmax(0, 1fr)',
  minWidth: 0,
} as const;

function ApprovalPage({ approval }: { approval: Approval }) {
  const mayDecide = useCan('approvals.decide');
  const isPending = approval.status === 'pending';
  return (
    <Page
      title={`${approval.server}.${approval.tool}`}
      mark={<StatusChip kind="approval" value={approval.status} />}
      parent={{ label: 'Approvals', to: '/approvals' }}
      lead={<span data-testid="standing">{standing(approval)}</span>}
      wide
    >
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 3fr) minmax(0, 2fr)' },
          alignItems: 'start',
        }}
      >
        <Box sx={COLUMN}>
          <Box sx={{ order: 2, minWidth: 0 }}>
            <Arguments key={approval.id} approval={approval} />
          </Box>
          <Box sx={{ order: 4, minWidth: 0 }}>
            <CodeThatAsks approval={approval} />
          </Box>
        </Box>
        <Box sx={COLUMN}>
          <Section title="What is asked">
            <Facts
              rows={[
                ['Why you are asked', approval.reasons.join('; ')],
                [
                  'Risk',
                  <Box key="risk" component="span">
                    <StatusChip kind="risk" value={approval.risk} /> {RISKS[approval.risk]}
                  </Box>,
                ],
                ['Who asks', askerOf(approval)],
                ...(approval.conversation == null ? [] : [['Conversation', approval.conversation] as const]),
                ['Asked', <RelativeTime key="asked" at={approval.requestedAt} />],
                ...(isPending ? [['Waits until', <RelativeTime key="until" at={approval.expiresAt} />] as const] : []),
                ...(approval.votes.length > 0 ? [['Said', <Votes key="votes" votes={approval.votes} />] as const] : []),
                [
                  'Run',
                  approval.runId == null ? (
                    'none'
                  ) : (
                    <MuiLink key="run" component={Link} to={`/runs/${approval.runId}/show`}>
                      Show the run{approval.seq == null ? '' : `, call ${approval.seq}`}
                    </MuiLink>
                  ),
                ],
                ['Policy', `revision ${approval.policyRevision}`],
              ]}
            />
          </Section>
          <Box sx={{ order: 3, minWidth: 0 }}>
            {isPending && approval.whyNot != null && <Alert severity="info">{approval.whyNot}</Alert>}
            {isPending && mayDecide && approval.whyNot == null && <Decide key={approval.id} approval={approval} />}
          </Box>
        </Box>
      </Box>
    </Page>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(ApprovalDocument, { id });
  if (data) return <ApprovalPage approval={data.approval} />;
  if (error) return <Problem error={error} retry={() => void refetch()} title="This approval cannot be shown" tall />;
  return <PageSkeleton />;
}
