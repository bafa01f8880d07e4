import { Box } from '@mui/material';
import { useApi } from '../api/use-api.ts';
import { useCan } from '../session/use-viewer.ts';
import { Page } from '../ui/Page.tsx';
import { PageSkeleton } from '../ui/PageSkeleton.tsx';
import { Problem } from '../ui/Problem.tsx';
import { CodeArm } from './CodeArm.tsx';
import { Endpoint } from './Endpoint.tsx';
import { Prompts } from './Prompts.tsx';
import { ChatSettingsDocument } from './queries.ts';
import { Sampling } from './Sampling.tsx';

export default function ChatSettings() {
  const { data, error, refetch } = useApi(ChatSettingsDocument, {});
  const mayWrite = useCan('connections.write');
  const maySample = useCan('comparisons.read');
  if (error) return <Problem error={error} retry={() => void refetch()} tall />;
  if (!data) return <PageSkeleton />;
  const { chatSettings: settings, chatPrompts } = data;
  return (
    <Page
      title="Chat"
      lead="Who answers chats that come through Switchyard, what happens when code cannot, and how much is compared on the side."
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Endpoint
          key={`${settings.baseUrl} ${settings.model} ${settings.hasKey}`}
          settings={settings}
          mayWrite={mayWrite}
        />
        <CodeArm key={`${settings.onCodeFailure} ${settings.maxMends}`} settings={settings} mayWrite={mayWrite} />
        {maySample && <Sampling />}
        <Prompts prompts={chatPrompts} />
      </Box>
    </Page>
  );
}
