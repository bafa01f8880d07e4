import { Alert, Box, Button, Checkbox, FormControlLabel, Typography } from '@mui/material';
import UndoIcon from '@mui/icons-material/UndoOutlined';
import { useState, type ReactNode } from 'react';
import { useParams } from 'react-router-dom';
import { ApiError, messageOf } from '../../api/errors.ts';
import { useApi } from '../../api/use-api.ts';
import { formatDateTime } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { armLabel } from '../conversations/ArmChip.tsx';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { AskReason } from './AskReason.tsx';
import { Guards } from './Guards.tsx';
import { History } from './History.tsx';
import { KillSwitch } from './KillSwitch.tsx';
import { Plan } from './Plan.tsx';
import { RolloutDocument, type Rollout, type RolloutView } from './queries.ts';
import { ShareSlider } from './ShareSlider.tsx';
import { StatusMark } from './StatusMark.tsx';
import { useRolloutChange, type Command } from './use-rollout-change.ts';
import { formatBasisPoints, inLocalTime } from './words.ts';

interface Asked {
  readonly command: Command;
  readonly title: string;
  readonly act: string;
  readonly words: ReactNode;
  readonly grave?: boolean;
}

const HOLD: Asked = {
  command: { kind: 'hold' },
  title: 'Hold here?',
  act: 'Hold',
  words: 'The share stays as it is and nothing advances until somebody resumes.',
};
const ROLL_BACK: Asked = {
  command: { kind: 'rollBack' },
  title: 'Roll back?',
  act: 'Roll back now',
  words: 'Nobody of this rollout gets code any longer, conversations in the middle of one too.',
  grave: true,
};
const CLOSE: Asked = {
  command: { kind: 'close' },
  title: 'Close it for good?',
  act: 'Close',
  words: 'Its figures and history stay; another rollout may begin.',
};
const NEXT: Readonly<Record<Rollout['status'], readonly Asked[]>> = {
  draft: [
    {
      command: { kind: 'start' },
      title: 'Start the rollout?',
      act: 'Start',
      words: 'The first step of the plan begins.',
    },
  ],
  scheduled: [
    { command: { kind: 'start' }, title: 'Start now?', act: 'Start', words: 'It does not wait for its time.' },
  ],
  running: [HOLD],
  held: [
    {
      command: { kind: 'resume' },
      title: 'Resume?',
      act: 'Resume',
      words: 'It goes on where it stood; conversations keep their arms.',
    },
  ],
  rolled_back: [
    {
      command: { kind: 'restart' },
      title: 'Begin again after a fix?',
      act: 'Begin again',
      words: 'From the first step, with conversations dealt anew and evidence counted anew.',
    },
    CLOSE,
  ],
  completed: [HOLD, CLOSE],
  closed: [],
};

function Actions({ rollout, ask }: { rollout: Rollout; ask: (asked: Asked) => void }) {
  const canRollBack = ['running', 'held', 'completed'].includes(rollout.status);
  return (
    <>
      {NEXT[rollout.status].map((asked) => (
        <Button
          key={asked.act}
          variant="outlined"
          onClick={() => ask(asked)}
          data-testid={`rollout-${asked.command.kind}`}
        >
          {asked.act}
        </Button>
      ))}
      {canRollBack && (
        <Button
          variant="contained"
          color="error"
          size="large"
          startIcon={<UndoIcon />}
          onClick={() => ask(ROLL_BACK)}
          data-testid="roll-back"
        >
          Roll back
        </Button>
      )}
    </>
  );
}

function WhatNext({ view }: { view: RolloutView }) {
  return (
    <Section title="What happens next">
      <Typography sx={{ fontWeight: 600 }}>
        {inLocalTime(view.next.what).replace(/\.$/, '')}
        {view.next.at != null && (
          <>
            , <RelativeTime at={view.next.at} />
          </>
        )}
      </Typography>
      <Typography variant="body2" color="textSecondary">
        {inLocalTime(view.verdict.reason)}
      </Typography>
      <Box component="ul" sx={{ pl: 2.5, mb: 0 }} aria-label="Gates">
        {view.gates.map(({ gate, open, sentence }) => (
          <Box component="li" key={gate} sx={{ fontSize: 14, color: open ? 'success.main' : 'text.primary' }}>
            {inLocalTime(sentence)}
          </Box>
        ))}
      </Box>
    </Section>
  );
}

function RolloutPage({ view }: { view: RolloutView }) {
  const { rollout } = view;
  const mayWrite = useCan('rollouts.write');
  const [asked, setAsked] = useState<Asked>();
  const change = useRolloutChange(rollout, () => setAsked(undefined));
  const ask = (next: Asked) => {
    change.reset();
    setAsked(next);
  };
  const conflict = change.error instanceof ApiError && change.error.code === 'CONFLICT';
  const moving = rollout.status === 'running' || rollout.status === 'held';
  return (
    <Page
      title={rollout.name}
      mark={<StatusMark status={rollout.status} />}
      parent={{ label: 'Rollouts', to: '/rollouts' }}
      lead={
        <>
          {armLabel(rollout.plan.arm)} against the traditional way, by {rollout.plan.unit}. Last change:{' '}
          {inLocalTime(rollout.reason)}
        </>
      }
      actions={mayWrite && <Actions rollout={rollout} ask={ask} />}
      wide
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <KillSwitch />
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) minmax(0, 1fr)' },
            alignItems: 'start',
          }}
        >
          <Section title="Share of conversations">
            <Typography
              data-testid="share"
              sx={{ fontSize: 44, fontWeight: 700, letterSpacing: '-0.03em', lineHeight: 1.1 }}
            >
              {formatBasisPoints(rollout.shareBasisPoints)}
            </Typography>
            <Typography variant="body2" color="textSecondary" sx={{ mb: 1 }}>
              {rollout.startedAt == null
                ? 'Not started.'
                : `Attempt ${rollout.attempt}, since ${formatDateTime(rollout.startedAt)}.`}
              {rollout.plan.holdbackBasisPoints > 0 &&
                ` At all, ${formatBasisPoints(rollout.plan.holdbackBasisPoints)} stay traditional, so that savings can be proved.`}
            </Typography>
            {mayWrite && moving && (
              <ShareSlider
                key={rollout.shareBasisPoints}
                rollout={rollout}
                onMove={(shareBasisPoints, words) =>
                  ask({
                    command: { kind: 'setShare', shareBasisPoints },
                    title: `Move to ${formatBasisPoints(shareBasisPoints)}?`,
                    act: 'Move',
                    words: `${words} The plan's gates are passed over.`,
                  })
                }
              />
            )}
          </Section>
          <WhatNext view={view} />
        </Box>
        <Section title="Plan">
          <Plan rollout={rollout} />
        </Section>
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 3fr) minmax(0, 2fr)' },
            alignItems: 'start',
          }}
        >
          <Section title="Guards" flush>
            {view.readings.length === 0 ? (
              <Typography sx={{ px: 2, pb: 2 }} variant="body2" color="textSecondary">
                They begin to look when the rollout has started.
              </Typography>
            ) : (
              <Guards readings={view.readings} />
            )}
          </Section>
          <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
            <Section
              title="Go or no go"
              aside={
                mayWrite &&
                moving && (
                  <Button
                    size="small"
                    data-testid="approve"
                    onClick={() =>
                      ask({
                        command: { kind: 'approve' },
                        title: 'Approve this step?',
                        act: 'Approve',
                        words: 'It may be left as soon as its other gates are open.',
                      })
                    }
                  >
                    Approve
                  </Button>
                )
              }
            >
              {rollout.approvedByName != null && (
                <Typography variant="body2">Approved by {rollout.approvedByName}.</Typography>
              )}
              {view.checklist.length === 0 && (
                <Typography variant="body2" color="textSecondary">
                  This step asks for nothing.
                </Typography>
              )}
              {view.checklist.map(({ item, kind, state, detail }) => (
                <FormControlLabel
                  key={item}
                  sx={{ display: 'flex', alignItems: 'flex-start', mr: 0 }}
                  control={
                    <Checkbox
                      size="small"
                      checked={state === 'go'}
                      indeterminate={state === 'open'}
                      disabled={kind !== 'manual' || !mayWrite}
                      onChange={(_, done) =>
                        ask({
                          command: { kind: 'tick', item, done },
                          title: done ? 'Tick it?' : 'Take the tick back?',
                          act: done ? 'Tick' : 'Take back',
                          words: item,
                        })
                      }
                    />
                  }
                  label={
                    <Box sx={{ pt: 0.75 }}>
                      <Typography variant="body2">{inLocalTime(item)}</Typography>
                      <Typography variant="caption" color={state === 'no_go' ? 'error' : 'textSecondary'}>
                        {inLocalTime(detail)}
                      </Typography>
                    </Box>
                  }
                />
              ))}
            </Section>
            <Section title="History" flush>
              <History id={rollout.id} />
            </Section>
          </Box>
        </Box>
        {!mayWrite && <Alert severity="info">Owners and admins move rollouts; you may look.</Alert>}
      </Box>
      {asked && (
        <AskReason
          title={asked.title}
          act={asked.act}
          {...(asked.grave ? { grave: true } : {})}
          busy={change.isPending}
          problem={
            conflict
              ? 'Somebody else has changed this rollout meanwhile. The page shows it as it is now: look, and do it again.'
              : change.isError
                ? messageOf(change.error)
                : undefined
          }
          onAct={(reason) => change.mutate({ command: asked.command, reason })}
          onClose={() => setAsked(undefined)}
        >
          {asked.words}
        </AskReason>
      )}
    </Page>
  );
}

export default function Show() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useApi(RolloutDocument, { id }, { refetchEveryMs: 15_000 });
  if (data) return <RolloutPage view={data.rollout} />;
  if (error) return <Problem error={error} retry={() => void refetch()} title="This rollout cannot be shown" tall />;
  return <PageSkeleton />;
}
