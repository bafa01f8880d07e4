import { Chip } from '@mui/material';
import BlockIcon from '@mui/icons-material/Block';
import BoltIcon from '@mui/icons-material/BoltOutlined';
import CheckIcon from '@mui/icons-material/CheckCircleOutlined';
import CloseIcon from '@mui/icons-material/HighlightOff';
import HelpIcon from '@mui/icons-material/HelpOutlined';
import HourglassIcon from '@mui/icons-material/HourglassEmpty';
import PauseIcon from '@mui/icons-material/PauseCircleOutlined';
import RuleIcon from '@mui/icons-material/RuleOutlined';
import SpeedIcon from '@mui/icons-material/SpeedOutlined';
import WarningIcon from '@mui/icons-material/WarningAmberOutlined';
import type { SvgIconComponent } from '@mui/icons-material';
import { alpha } from '@mui/material/styles';

export type Tone = 'success' | 'error' | 'warning' | 'info' | 'secondary' | 'default';
interface Look {
  readonly label: string;
  readonly tone: Tone;
  readonly icon: SvgIconComponent;
}

const looking =
  (tone: Tone, icon: SvgIconComponent) =>
  (label: string): Look => ({ label, tone, icon });
const good = looking('success', CheckIcon);
const bad = looking('error', CloseIcon);
const broken = looking('error', BoltIcon);
const refused = looking('error', BlockIcon);
const stopped = looking('warning', BlockIcon);
const doubtful = looking('warning', WarningIcon);
const faulty = looking('warning', RuleIcon);
const held = looking('warning', PauseIcon);
const going = looking('info', HourglassIcon);
const bounded = looking('secondary', SpeedIcon);
const off = looking('default', PauseIcon);
const gone = looking('default', CloseIcon);
const unknown = looking('default', HelpIcon);
const unanswered = looking('warning', HelpIcon);

const LOOKS = {
  run: {
    running: going('Running'),
    awaiting_approval: held('Waits for approval'),
    done: good('Done'),
    rejected: faulty('Rejected'),
    failed: bad('Failed'),
    limit: bounded('Limit'),
    crashed: broken('Crashed'),
  },
  health: {
    ready: good('Ready'),
    degraded: doubtful('Degraded'),
    unreachable: bad('Unreachable'),
    unknown: unknown('Not checked'),
    disabled: off('Switched off'),
  },
  account: {
    not_connected: unknown('Not connected'),
    connected: good('Connected'),
    expires_soon: doubtful('Ends soon'),
    needs_reconnect: bad('Needs reconnect'),
  },
  call: {
    ok: good('OK'),
    running: going('Running'),
    denied: stopped('Denied'),
    approval_needed: held('Needs approval'),
    not_found: looking('error', HelpIcon)('Not found'),
    invalid_arguments: looking('error', RuleIcon)('Bad arguments'),
    tool_error: bad('Tool error'),
    upstream_failed: bad('Server failed'),
    timeout: bounded('Timed out'),
    cancelled: off('Cancelled'),
  },
  tool: {
    active: good('Active'),
    held: held('Held'),
    removed: gone('Removed'),
    invalid: looking('error', WarningIcon)('Unusable'),
  },
  approval: {
    pending: held('Waiting'),
    granted: good('Approved'),
    used: good('Approved, called'),
    denied: refused('Denied'),
    expired: bounded('Expired'),
    withdrawn: off('Not needed'),
  },
  remembered: {
    granted: good('Approves'),
    denied: refused('Denies'),
    expired: off('Expired'),
    revoked: gone('Revoked'),
  },
  risk: { destructive: doubtful('Destructive'), writes: faulty('Writes'), reads: looking('info', CheckIcon)('Reads') },
  outcome: {
    denied: refused('Denied'),
    needs_approval: held('Needs approval'),
    allowed: good('Allowed'),
    bounded: bounded('Bounded otherwise'),
  },
  effect: { allow: good('Allow'), deny: refused('Deny') },
  skill: {
    draft: going('Draft'),
    promoted: good('Promoted'),
    superseded: off('Superseded'),
    retired: looking('default', BlockIcon)('Retired'),
  },
  replay: {
    recorded: good('From the record'),
    diverged: bad('Not on record'),
    left_out: doubtful('Too large to record'),
    not_made: unanswered('Not made any more'),
  },
  rollout: {
    draft: unknown('Not started'),
    scheduled: going('Scheduled'),
    running: good('Running'),
    held: held('Held'),
    rolled_back: bad('Rolled back'),
    completed: good('Completed'),
    closed: off('Closed'),
  },
  comparison: {
    running: going('Running'),
    done: good('Done'),
    cancelled: off('Cancelled'),
    interrupted: doubtful('Interrupted'),
  },
  verdict: { equivalent: good('Equivalent'), different: bad('Different'), unclear: unanswered('Unclear') },
  shadow: { running: going('Running'), compared: good('Compared'), failed: unanswered('Not compared') },
  delivery: {
    sent: good('Sent'),
    pending: going('On its way'),
    retried: doubtful('Tried again'),
    failed: bad('Given up'),
  },
  price: { accepted: good('Holds'), pending: held('Waits for you'), rejected: gone('Rejected') },
  review: {
    open: held('Waits for you'),
    second: doubtful('Violation? Second look'),
    safe: good('Safe'),
    suspicious: doubtful('Suspicious'),
    violation: refused('Violation'),
    closed: off('Closed'),
  },
  target: { met: good('Met'), missed: bad('Missed'), unknown: unknown('Cannot tell') },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Look>>>>;

const lookOf = (kind: keyof typeof LOOKS, value: string): Look => {
  const looks: Readonly<Record<string, Look>> = LOOKS[kind];
  return looks[value] ?? unknown(value);
};

/** A state, told by word, icon and colour together. */
export function StatusChip({ kind, value }: { kind: keyof typeof LOOKS; value: string }) {
  const look = lookOf(kind, value);
  const Icon = look.icon;
  return (
    <Chip
      size="small"
      icon={<Icon />}
      label={look.label}
      data-status={value}
      sx={(theme) => {
        const main = look.tone === 'default' ? theme.palette.text.secondary : theme.palette[look.tone].main;
        return {
          height: 24,
          color: main,
          bgcolor: alpha(main, theme.palette.mode === 'dark' ? 0.16 : 0.1),
          '& .MuiChip-icon': { color: 'inherit', fontSize: 16, ml: '6px' },
        };
      }}
    />
  );
}
