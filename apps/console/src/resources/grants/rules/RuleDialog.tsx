import {
  Alert,
  Autocomplete,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { messageOf } from '../../../api/errors.ts';
import { useChange } from '../../../api/use-api.ts';
import { ReplayDialog } from '../ReplayDialog.tsx';
import { draftOf, EMPTY, inputOf, type RuleDraft } from './draft.ts';
import { SavePolicyRuleDocument, type RuleRow } from './queries.ts';
import { RuleConditions } from './RuleConditions.tsx';

interface Props {
  /** None: a new one. */
  readonly rule?: RuleRow;
  readonly revision: number;
  readonly addresses: readonly string[];
  readonly subjects: readonly { readonly value: string; readonly label: string }[];
  readonly onClose: () => void;
}

const KINDS = [
  { value: 'approval', label: 'wait for a person' },
  { value: 'deny', label: 'be forbidden' },
  { value: 'bound', label: 'only be bounded' },
] as const;

/** One rule: of whose call of what, when, and what then. */
export function RuleDialog({ rule, revision, addresses, subjects, onClose }: Props) {
  const [draft, setDraft] = useState<RuleDraft>(() => (rule ? draftOf(rule) : EMPTY));
  const set = (change: Partial<RuleDraft>) => setDraft((before) => ({ ...before, ...change }));
  const save = useChange(SavePolicyRuleDocument, {
    quiet: true,
    say: 'The rule was saved, and is in force.',
    done: onClose,
  });
  const submit = () => save.mutate({ id: rule?.id ?? null, rule: inputOf(draft), expectedRevision: revision });
  const [tried, setTried] = useState<ReturnType<typeof inputOf>>();
  const servers = [...new Set(addresses.map((address) => `${address.slice(0, address.indexOf('.'))}.*`))];
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="rule-title">
      <DialogTitle id="rule-title" component="h2">
        {rule ? `Change ${rule.name}` : 'Add a rule'}
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', pt: '8px !important' }}>
        <TextField
          label="Name"
          placeholder="Large refunds"
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
          slotProps={{ htmlInput: { maxLength: 100, 'data-testid': 'rule-name' } }}
        />
        <Autocomplete
          freeSolo
          options={['*', ...servers, ...addresses]}
          value={draft.address}
          onInputChange={(_, address) => set({ address })}
          renderInput={(params) => (
            <TextField
              {...params}
              label="A call of"
              placeholder="server.tool"
              helperText="* for any tool, server.* for any of one server"
            />
          )}
          data-testid="rule-tool"
        />
        <Autocomplete
          multiple
          options={subjects.map(({ value }) => value)}
          getOptionLabel={(value) => subjects.find((one) => one.value === value)?.label ?? value}
          value={[...draft.subjects]}
          onChange={(_, chosen) => set({ subjects: chosen })}
          renderInput={(params) => (
            <TextField {...params} label="By" placeholder={draft.subjects.length === 0 ? 'anybody' : ''} />
          )}
        />
        <RuleConditions draft={draft} set={set} />
        <Box>
          <Typography variant="body2" sx={{ mb: 0.75 }} id="rule-kind">
            It must
          </Typography>
          <ToggleButtonGroup
            exclusive
            size="small"
            value={draft.kind}
            aria-labelledby="rule-kind"
            onChange={(_, kind: RuleDraft['kind'] | null) => kind && set({ kind })}
            sx={{ flexWrap: 'wrap' }}
          >
            {KINDS.map(({ value, label }) => (
              <ToggleButton key={value} value={value} sx={{ textTransform: 'none' }}>
                {label}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
        </Box>
        {draft.kind === 'approval' && (
          <Box sx={{ display: 'flex', gap: 1.5 }}>
            <TextField
              select
              label="Approved by"
              value={draft.persons}
              onChange={(event) => set({ persons: Number(event.target.value) })}
              sx={{ flex: 2 }}
            >
              <MenuItem value={1}>one person</MenuItem>
              <MenuItem value={2}>two persons, not the author</MenuItem>
            </TextField>
            <TextField
              label="Within minutes"
              value={draft.minutes}
              onChange={(event) => set({ minutes: event.target.value })}
              slotProps={{ htmlInput: { inputMode: 'numeric' } }}
              sx={{ flex: 1 }}
            />
          </Box>
        )}
        {draft.kind !== 'deny' && (
          <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: { xs: '1fr', sm: '2fr 1fr 1fr' } }}>
            <TextField
              label="Mask fields"
              placeholder="email, customer.phone"
              value={draft.maskFields}
              onChange={(event) => set({ maskFields: event.target.value })}
            />
            <TextField
              label="Rows at most"
              value={draft.rowCap}
              onChange={(event) => set({ rowCap: event.target.value })}
              slotProps={{ htmlInput: { inputMode: 'numeric' } }}
            />
            <TextField
              label="Calls at most"
              value={draft.callCap}
              onChange={(event) => set({ callCap: event.target.value })}
              slotProps={{ htmlInput: { inputMode: 'numeric' } }}
            />
          </Box>
        )}
        <TextField
          label="Why"
          helperText="Told to the code that is stopped, and to whoever decides"
          value={draft.reason}
          onChange={(event) => set({ reason: event.target.value })}
          slotProps={{ htmlInput: { maxLength: 500 } }}
        />
        {save.error !== null && <Alert severity="error">{messageOf(save.error)}</Alert>}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button
          onClick={() => setTried(inputOf(draft))}
          disabled={draft.name.trim() === '' || draft.address.trim() === ''}
          data-testid="try-rule"
          sx={{ mr: 'auto' }}
        >
          Try on the log
        </Button>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="contained" onClick={submit} loading={save.isPending} data-testid="save-rule">
          Save rule
        </Button>
      </DialogActions>
      {tried && (
        <ReplayDialog
          draft={{ changes: [], rule: tried, ruleId: rule?.id ?? null }}
          under={rule ? `a change of the rule “${rule.name}”` : 'a rule'}
          onClose={() => setTried(undefined)}
        />
      )}
    </Dialog>
  );
}
