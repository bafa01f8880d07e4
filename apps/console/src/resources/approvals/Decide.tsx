import { Alert, Box, Button, MenuItem, TextField } from '@mui/material';
import CheckIcon from '@mui/icons-material/CheckOutlined';
import BlockIcon from '@mui/icons-material/Block';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { Section } from '../../ui/Page.tsx';
import { useKeys } from '../../ui/use-keys.ts';
import { useNeighbours } from './use-queue.ts';
import { DecideApprovalDocument, type Approval } from './queries.ts';
import { SCOPES, type Scope } from './words.ts';

const DAYS = [1, 7, 30, 90] as const;

/** A person's word: yes or no, why, and for how long. */
export function Decide({ approval }: { approval: Approval }) {
  const navigate = useNavigate();
  const comment = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const [scope, setScope] = useState<Scope | ''>('');
  const [days, setDays] = useState(7);
  const { next, previous } = useNeighbours(approval.id);
  const decide = useChange(DecideApprovalDocument, {
    quiet: true,
    done: () => navigate(next === undefined ? '/approvals' : `/approvals/${next}/show`),
  });
  const say = (granted: boolean) => {
    if (decide.isPending) return;
    const remember = scope === '' ? null : { scope, days };
    decide.mutate({ id: approval.id, granted, comment: said.trim() === '' ? null : said.trim(), remember });
  };
  const go = (to: string | undefined) => to !== undefined && navigate(`/approvals/${to}/show`);
  useKeys({
    a: () => say(true),
    d: () => comment.current?.focus(),
    j: () => go(next),
    k: () => go(previous),
  });
  const scopes = SCOPES.filter(({ value }) => value !== 'conversation' || approval.conversation != null);
  return (
    <Section title="Your decision">
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }} data-testid="decide">
        {decide.error !== null && <Alert severity="error">{messageOf(decide.error)}</Alert>}
        <TextField
          inputRef={comment}
          label="Comment"
          helperText="Told to the code where you deny, and kept in the audit log"
          value={said}
          onChange={(event) => setSaid(event.target.value)}
          slotProps={{ htmlInput: { maxLength: 1_000, 'data-testid': 'comment' } }}
          multiline
          maxRows={4}
        />
        <Box sx={{ display: 'flex', gap: 1.5, flexWrap: 'wrap' }}>
          <TextField
            select
            label="Decide alike without asking for"
            value={scope}
            onChange={(event) => setScope(event.target.value as Scope | '')}
            sx={{ flex: '2 1 220px' }}
            slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
            data-testid="remember"
          >
            <MenuItem value="">nothing else</MenuItem>
            {scopes.map(({ value, label }) => (
              <MenuItem key={value} value={value}>
                {label}
              </MenuItem>
            ))}
          </TextField>
          {scope !== '' && (
            <TextField
              select
              label="For"
              value={days}
              onChange={(event) => setDays(Number(event.target.value))}
              sx={{ flex: '1 1 110px' }}
            >
              {DAYS.map((each) => (
                <MenuItem key={each} value={each}>
                  {each === 1 ? 'a day' : `${each} days`}
                </MenuItem>
              ))}
            </TextField>
          )}
        </Box>
        <Box sx={{ display: 'flex', gap: 1.5, flexWrap: 'wrap' }}>
          <Button
            variant="contained"
            startIcon={<CheckIcon />}
            onClick={() => say(true)}
            loading={decide.isPending}
            data-testid="approve"
            sx={{ flex: '1 1 140px' }}
          >
            Approve
          </Button>
          <Button
            variant="outlined"
            color="error"
            startIcon={<BlockIcon />}
            onClick={() => say(false)}
            disabled={decide.isPending}
            data-testid="deny"
            sx={{ flex: '1 1 140px' }}
          >
            Deny
          </Button>
        </Box>
        <Box sx={{ fontSize: 12.5, color: 'text.secondary', display: { xs: 'none', md: 'block' } }}>
          Keys: <kbd>A</kbd> approves, <kbd>D</kbd> goes to the comment for a denial, <kbd>J</kbd> and <kbd>K</kbd> go
          to the next and the one before.
        </Box>
      </Box>
    </Section>
  );
}
