import {
  Alert,
  Box,
  Button,
  Checkbox,
  FormControlLabel,
  FormGroup,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
  Typography,
} from '@mui/material';
import { useRef, useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { useCan, useViewer } from '../../session/use-viewer.ts';
import { Section } from '../../ui/Page.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { StatusChip } from '../../ui/StatusChip.tsx';
import { GiveVerdictDocument, type Reviewed } from './queries.ts';
import { useKeys } from '../../ui/use-keys.ts';

type Verdict = 'safe' | 'suspicious' | 'violation';
type Kind = 'code' | 'shape' | 'skill' | 'key';

const VERDICTS: readonly { readonly value: Verdict; readonly label: string; readonly key: string }[] = [
  { value: 'safe', label: 'Safe', key: 's' },
  { value: 'suspicious', label: 'Suspicious', key: 'u' },
  { value: 'violation', label: 'Violation', key: 'v' },
];

function blockable({ skills, principalKind, principalName, shape }: Reviewed['item']) {
  return [
    { kind: 'code' as const, label: 'This code' },
    ...(shape == null
      ? []
      : [{ kind: 'shape' as const, label: 'All code built like it, whatever its names and values' }]),
    ...(skills.length === 0 ? [] : [{ kind: 'skill' as const, label: `The skill ${skills.join(', ')}` }]),
    ...(principalKind === 'key' ? [{ kind: 'key' as const, label: `The API key ${principalName}` }] : []),
  ];
}

function Given({ verdicts }: { verdicts: Reviewed['verdicts'] }) {
  return (
    <Box component="ul" sx={{ m: 0, mb: 1.5, p: 0, listStyle: 'none', display: 'grid', gap: 1 }} data-testid="verdicts">
      {verdicts.map(({ verdict, comment, reviewerName, at }) => (
        <li key={at}>
          <Box sx={{ display: 'flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
            <StatusChip kind="review" value={verdict} />
            <Typography variant="caption" color="textSecondary">
              {reviewerName}, <RelativeTime at={at} />
            </Typography>
          </Box>
          {comment !== '' && <Typography variant="body2">{comment}</Typography>}
        </li>
      ))}
    </Box>
  );
}

/** What the reviewer thinks of it; keys s, u and v choose, Ctrl+Enter gives it. */
export function VerdictForm({ review, onGiven }: { review: Reviewed; onGiven: () => void }) {
  const { item, verdicts } = review;
  const viewer = useViewer();
  const mayDecide = useCan('reviews.decide');
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [comment, setComment] = useState('');
  const [blocks, setBlocks] = useState<readonly Kind[]>(['code']);
  const words = useRef<HTMLInputElement>(null);
  const give = useChange(GiveVerdictDocument, { quiet: true, say: 'The verdict is given.', done: onGiven });
  const isSecond = item.status === 'second';
  const isMine = verdicts.some(({ reviewerId }) => reviewerId === viewer.user?.id);
  const isOpen = item.status !== 'closed' && !isMine && mayDecide && viewer.user != null;
  const isReady = verdict !== null && (verdict !== 'violation' || comment.trim() !== '');
  const choose = (wanted: Verdict): void => {
    if (!isOpen) return;
    setVerdict(wanted);
    if (wanted === 'violation') words.current?.focus();
  };
  const submit = (): void => {
    if (!isOpen || !isReady || give.isPending || item.status === 'closed') return;
    words.current?.blur(); // the next key is one of the page
    const block = verdict === 'violation' && !isSecond ? [...blocks] : [];
    give.mutate({ input: { itemId: item.id, seen: item.status, verdict, comment, block } });
  };
  useKeys({
    s: () => choose('safe'),
    u: () => choose('suspicious'),
    v: () => choose('violation'),
    c: () => words.current?.focus(),
    'Mod+Enter': submit,
  });
  return (
    <Section title={isSecond ? 'Second verdict' : 'Verdict'}>
      {verdicts.length > 0 && <Given verdicts={verdicts} />}
      {isSecond && isMine && (
        <Alert severity="info">A violation takes two reviewers: another person gives the second verdict.</Alert>
      )}
      {isOpen && (
        <Box
          component="form"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
          sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}
        >
          {isSecond && (
            <Typography variant="body2" color="textSecondary">
              If you do not agree, what the first reviewer blocked runs again.
            </Typography>
          )}
          <ToggleButtonGroup
            exclusive
            fullWidth
            size="small"
            value={verdict}
            onChange={(_event, value: Verdict | null) => value && choose(value)}
            aria-label="Verdict"
          >
            {VERDICTS.map(({ value, label, key }) => (
              <ToggleButton key={value} value={value} data-testid={`verdict-${value}`} aria-keyshortcuts={key}>
                {label}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
          <TextField
            inputRef={words}
            label={verdict === 'violation' ? 'What the violation is' : 'Comment'}
            value={comment}
            onChange={(event) => setComment(event.target.value)}
            multiline
            minRows={2}
            size="small"
            required={verdict === 'violation'}
          />
          {verdict === 'violation' && !isSecond && (
            <FormGroup aria-label="Block at once">
              <Typography variant="caption" color="textSecondary">
                Block at once
              </Typography>
              {blockable(item).map(({ kind, label }) => (
                <FormControlLabel
                  key={kind}
                  control={
                    <Checkbox
                      size="small"
                      checked={blocks.includes(kind)}
                      onChange={(event) =>
                        setBlocks(event.target.checked ? [...blocks, kind] : blocks.filter((one) => one !== kind))
                      }
                    />
                  }
                  label={label}
                  data-testid={`block-${kind}`}
                />
              ))}
            </FormGroup>
          )}
          {give.isError && <Alert severity="error">{messageOf(give.error)}</Alert>}
          <Button
            type="submit"
            variant="contained"
            disabled={!isReady}
            loading={give.isPending}
            data-testid="give-verdict"
          >
            Give verdict
          </Button>
        </Box>
      )}
      {item.status === 'closed' && verdicts.length === 0 && <StatusChip kind="review" value="closed" />}
    </Section>
  );
}
