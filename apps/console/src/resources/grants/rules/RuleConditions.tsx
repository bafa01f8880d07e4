import {
  Box,
  Button,
  Checkbox,
  FormControlLabel,
  IconButton,
  MenuItem,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
} from '@mui/material';
import AddIcon from '@mui/icons-material/Add';
import CloseIcon from '@mui/icons-material/Close';
import { OPERATORS, type ConditionDraft, type Operator, type RuleDraft, type TimesDraft } from './draft.ts';

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const ARMS = ['traditional', 'code', 'hybrid'];

interface Props {
  readonly draft: RuleDraft;
  readonly set: (change: Partial<RuleDraft>) => void;
}

function Condition({
  condition,
  onChange,
  onRemove,
}: {
  condition: ConditionDraft;
  onChange: (change: Partial<ConditionDraft>) => void;
  onRemove: () => void;
}) {
  const takes = OPERATORS.find(({ value }) => value === condition.op)?.takes;
  return (
    <Box sx={{ display: 'flex', gap: 1, flexWrap: { xs: 'wrap', sm: 'nowrap' }, alignItems: 'center' }}>
      <TextField
        label="Argument"
        placeholder="amount, items.*.sku"
        value={condition.path}
        onChange={(event) => onChange({ path: event.target.value })}
        sx={{ flex: '2 1 140px' }}
      />
      <TextField
        select
        label="Compared"
        value={condition.op}
        onChange={(event) => onChange({ op: event.target.value as Operator })}
        sx={{ flex: '1 1 130px' }}
      >
        {OPERATORS.map(({ value, label }) => (
          <MenuItem key={value} value={value}>
            {label}
          </MenuItem>
        ))}
      </TextField>
      {takes !== 'nothing' && (
        <TextField
          label={takes === 'list' ? 'Values, with commas' : 'Value'}
          value={condition.value}
          onChange={(event) => onChange({ value: event.target.value })}
          sx={{ flex: '2 1 110px' }}
        />
      )}
      <IconButton onClick={onRemove} aria-label="Take the condition away" size="small">
        <CloseIcon fontSize="small" />
      </IconButton>
    </Box>
  );
}

function Times({ times, onChange }: { times: TimesDraft; onChange: (change: TimesDraft | null) => void }) {
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      <Box sx={{ display: 'flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
        <ToggleButtonGroup
          size="small"
          value={[...times.days]}
          aria-label="Days"
          onChange={(_, days: number[]) => days.length > 0 && onChange({ ...times, days: days.sort() })}
        >
          {DAYS.map((day, at) => (
            <ToggleButton key={day} value={at + 1} sx={{ textTransform: 'none', px: 1 }}>
              {day}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        <IconButton onClick={() => onChange(null)} aria-label="Take the times away" size="small" sx={{ ml: 'auto' }}>
          <CloseIcon fontSize="small" />
        </IconButton>
      </Box>
      <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
        <TextField
          type="time"
          label="From"
          value={times.from}
          onChange={(event) => onChange({ ...times, from: event.target.value })}
          sx={{ flex: '1 1 110px' }}
        />
        <TextField
          type="time"
          label="To"
          value={times.to}
          onChange={(event) => onChange({ ...times, to: event.target.value })}
          sx={{ flex: '1 1 110px' }}
        />
        <TextField
          label="Time zone"
          value={times.zone}
          onChange={(event) => onChange({ ...times, zone: event.target.value })}
          sx={{ flex: '2 1 160px' }}
        />
      </Box>
      <FormControlLabel
        control={
          <Checkbox
            checked={times.outside}
            onChange={(event) => onChange({ ...times, outside: event.target.checked })}
            size="small"
          />
        }
        label="At all other times instead"
      />
    </Box>
  );
}

/** When the rule applies: all of it has to hold. */
export function RuleConditions({ draft, set }: Props) {
  const { conditions, times } = draft;
  const add = () => set({ conditions: [...conditions, { path: '', op: 'gt', value: '' }] });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {conditions.map((condition, at) => (
        <Condition
          key={at}
          condition={condition}
          onChange={(change) =>
            set({ conditions: conditions.map((one, here) => (here === at ? { ...one, ...change } : one)) })
          }
          onRemove={() => set({ conditions: conditions.filter((_, here) => here !== at) })}
        />
      ))}
      {times && <Times times={times} onChange={(next) => set({ times: next })} />}
      {draft.arms.length > 0 && (
        <ToggleButtonGroup
          size="small"
          value={[...draft.arms]}
          aria-label="Arms"
          onChange={(_, arms: string[]) => set({ arms })}
        >
          {ARMS.map((arm) => (
            <ToggleButton key={arm} value={arm} sx={{ textTransform: 'none' }}>
              {arm}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      )}
      <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
        <Button size="small" startIcon={<AddIcon />} onClick={add} data-testid="add-condition">
          Condition on an argument
        </Button>
        {!times && (
          <Button
            size="small"
            startIcon={<AddIcon />}
            onClick={() => set({ times: { zone, days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00', outside: true } })}
          >
            Times
          </Button>
        )}
        {draft.arms.length === 0 && (
          <Button size="small" startIcon={<AddIcon />} onClick={() => set({ arms: ['code'] })}>
            Arm
          </Button>
        )}
      </Box>
    </Box>
  );
}
