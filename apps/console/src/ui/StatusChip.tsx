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

const RUN: Readonly<Record<string, Look>> = {
  running: { label: 'Running', tone: 'info', icon: HourglassIcon },
  done: { label: 'Done', tone: 'success', icon: CheckIcon },
  rejected: { label: 'Rejected', tone: 'warning', icon: RuleIcon },
  failed: { label: 'Failed', tone: 'error', icon: CloseIcon },
  limit: { label: 'Limit', tone: 'secondary', icon: SpeedIcon },
  crashed: { label: 'Crashed', tone: 'error', icon: BoltIcon },
};
const HEALTH: Readonly<Record<string, Look>> = {
  ready: { label: 'Ready', tone: 'success', icon: CheckIcon },
  degraded: { label: 'Degraded', tone: 'warning', icon: WarningIcon },
  unreachable: { label: 'Unreachable', tone: 'error', icon: CloseIcon },
  unknown: { label: 'Not checked', tone: 'default', icon: HelpIcon },
  disabled: { label: 'Switched off', tone: 'default', icon: PauseIcon },
};
const CALL: Readonly<Record<string, Look>> = {
  ok: { label: 'OK', tone: 'success', icon: CheckIcon },
  running: { label: 'Running', tone: 'info', icon: HourglassIcon },
  denied: { label: 'Denied', tone: 'warning', icon: BlockIcon },
  not_found: { label: 'Not found', tone: 'error', icon: HelpIcon },
  invalid_arguments: { label: 'Bad arguments', tone: 'error', icon: RuleIcon },
  tool_error: { label: 'Tool error', tone: 'error', icon: CloseIcon },
  upstream_failed: { label: 'Server failed', tone: 'error', icon: CloseIcon },
  timeout: { label: 'Timed out', tone: 'secondary', icon: SpeedIcon },
  cancelled: { label: 'Cancelled', tone: 'default', icon: PauseIcon },
};
const TOOL: Readonly<Record<string, Look>> = {
  active: { label: 'Active', tone: 'success', icon: CheckIcon },
  held: { label: 'Held', tone: 'warning', icon: PauseIcon },
  removed: { label: 'Removed', tone: 'default', icon: CloseIcon },
  invalid: { label: 'Unusable', tone: 'error', icon: WarningIcon },
};
const EFFECT: Readonly<Record<string, Look>> = {
  allow: { label: 'Allow', tone: 'success', icon: CheckIcon },
  deny: { label: 'Deny', tone: 'error', icon: BlockIcon },
};
const SKILL: Readonly<Record<string, Look>> = {
  draft: { label: 'Draft', tone: 'info', icon: HourglassIcon },
  promoted: { label: 'Promoted', tone: 'success', icon: CheckIcon },
  superseded: { label: 'Superseded', tone: 'default', icon: PauseIcon },
  retired: { label: 'Retired', tone: 'default', icon: BlockIcon },
};
const REPLAY: Readonly<Record<string, Look>> = {
  recorded: { label: 'From the record', tone: 'success', icon: CheckIcon },
  diverged: { label: 'Not on record', tone: 'error', icon: CloseIcon },
  left_out: { label: 'Too large to record', tone: 'warning', icon: WarningIcon },
  not_made: { label: 'Not made any more', tone: 'warning', icon: HelpIcon },
};
const LOOKS = { run: RUN, health: HEALTH, call: CALL, tool: TOOL, effect: EFFECT, skill: SKILL, replay: REPLAY };

/** A state, told by word, icon and colour together. */
export function StatusChip({ kind, value }: { kind: keyof typeof LOOKS; value: string }) {
  const look = LOOKS[kind][value] ?? { label: value, tone: 'default' as const, icon: HelpIcon };
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
