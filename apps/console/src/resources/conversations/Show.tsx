import { Box, Typography } from '@mui/material';
import { useParams } from 'react-router-dom';
import { useApi } from '../../api/use-api.ts';
import { formatCount, formatDateTime, formatMicros, formatShort } from '../../format.ts';
import { Figure, Figures } from '../../ui/Facts.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { ArmChip, ScriptedChip } from './ArmChip.tsx';
import { Message } from './Message.tsx';
import { ConversationDocument, type Conversation } from './queries.ts';

function ConversationPage({ conversation }: { conversation: Conversation }) {
  const { answers, errors, fallbacks, promptTokens, completionTokens, costMicros, feedback, scripted } = conversation;
  const keptOut = conversation.runs.reduce((sum, run) => sum + run.tokensKeptOut, 0);
  return (
    <Page
      title={conversation.key}
      mark={
        <>
          <ArmChip arm={conversation.arm} />
          {scripted && <ScriptedChip />}
        </>
      }
      parent={{ label: 'Conversations', to: '/conversations' }}
      lead={
        <>
          Began {formatDateTime(conversation.startedAt)} with <strong>{conversation.principalName}</strong>
          {conversation.band != null && `, in the band ${conversation.band}`}. Messages are kept masked.
        </>
      }
      wide
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Figures>
          <Figure
            label="Answers"
            value={formatCount(answers)}
            note={errors + fallbacks === 0 ? 'none failed' : `${errors} failed, ${fallbacks} fell back`}
            {...(errors + fallbacks > 0 ? { tone: 'warning' as const } : {})}
          />
          <Figure label="Tokens in" value={formatShort(promptTokens)} note="what the model was sent" />
          <Figure label="Tokens out" value={formatShort(completionTokens)} />
          <Figure
            label="Cost"
            value={scripted ? '–' : formatMicros(costMicros)}
            note={scripted ? 'scripted: no model answered' : 'of answers whose price is known'}
          />
          <Figure label="Kept out" value={formatShort(keptOut)} note="tokens of results that stayed in the sandbox" />
        </Figures>
        {feedback.length > 0 && (
          <Section title="What people said">
            {feedback.map((one) => (
              <Typography key={one.id} variant="body2" sx={{ overflowWrap: 'anywhere' }}>
                <strong>{one.kind}</strong> by {one.principalName}, <RelativeTime at={one.at} />
                {one.text != null && `: ${one.text}`}
              </Typography>
            ))}
          </Section>
        )}
        <Section title="Messages">
          <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
            {conversation.messages.map((message) => (
              <Message key={message.id} message={message} />
            ))}
          </Box>
        </Section>
      </Box>
    </Page>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(ConversationDocument, { id });
  if (data) return <ConversationPage conversation={data.conversation} />;
  if (error)
    return <Problem error={error} retry={() => void refetch()} title="This conversation cannot be shown" tall />;
  return <PageSkeleton />;
}
