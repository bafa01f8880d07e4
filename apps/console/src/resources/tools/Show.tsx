import { Button } from '@mui/material';
import { Link, useParams } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { ToolDocument } from './queries.ts';
import { ToolBody } from './ToolDetail.tsx';

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(ToolDocument, { id });
  if (error && !data)
    return <Problem error={error} retry={() => void refetch()} title="This tool cannot be shown" tall />;
  if (!data) return <PageSkeleton />;
  const { tool } = data;
  return (
    <Page
      title={`${tool.server}/${tool.functionName}`}
      mark={<StatusChip kind="tool" value={tool.status} />}
      lead={tool.title}
      parent={{ label: 'Tools', to: '/tools' }}
      wide
      actions={
        <>
          <Button component={Link} to={`/connections/${tool.connectionId}/show`}>
            Open its connection
          </Button>
          <Button component={Link} to={`/grants?server=${encodeURIComponent(tool.server)}`} variant="outlined">
            Who may use it
          </Button>
        </>
      }
    >
      <Section>
        <ToolBody tool={tool} />
      </Section>
    </Page>
  );
}
