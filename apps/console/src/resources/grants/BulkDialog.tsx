import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  MenuItem,
  Radio,
  RadioGroup,
  TextField,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { plural } from '../../format.ts';
import { ANY, type Effect, type Subject } from './effect.ts';
import type { ServerGroup } from './Matrix.tsx';
import type { Pending } from './use-pending.ts';

interface Props {
  readonly group: ServerGroup;
  readonly subjects: readonly Subject[];
  readonly pending: Pending;
  readonly onClose: () => void;
}

const EVERYONE = '';

/** A whole row, or a whole column, of one server. Nothing is saved yet. */
export function BulkDialog({ group, subjects, pending, onClose }: Props) {
  const [who, setWho] = useState(EVERYONE);
  const [what, setWhat] = useState<'server' | 'tools'>('server');
  const [effect, setEffect] = useState<Effect | 'inherit'>('allow');
  const chosen = who === EVERYONE ? subjects : subjects.filter((subject) => `${subject.kind}:${subject.name}` === who);
  const tools = what === 'server' ? [ANY] : group.tools;
  const places = chosen.flatMap((subject) => tools.map((tool) => ({ subject, server: group.server, tool })));
  return (
    <Dialog open onClose={onClose} maxWidth="xs" fullWidth aria-labelledby="bulk-title">
      <DialogTitle id="bulk-title" component="h2">
        Change many of {group.server}
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', pt: '8px !important' }}>
        <TextField
          select
          label="For whom"
          value={who}
          onChange={(event) => setWho(event.target.value)}
          slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
        >
          <MenuItem value={EVERYONE}>Every column shown</MenuItem>
          {subjects.map((subject) => (
            <MenuItem key={`${subject.kind}:${subject.name}`} value={`${subject.kind}:${subject.name}`}>
              {subject.label}
            </MenuItem>
          ))}
        </TextField>
        <RadioGroup
          value={what}
          onChange={(event) => setWhat(event.target.value === 'tools' ? 'tools' : 'server')}
          aria-label="What"
        >
          <FormControlLabel
            value="server"
            control={<Radio size="small" />}
            label="The server as a whole, future tools included"
          />
          <FormControlLabel
            value="tools"
            control={<Radio size="small" />}
            label={`Each of the ${plural(group.tools.length, 'tool')} shown, one by one`}
          />
        </RadioGroup>
        <TextField
          select
          label="Becomes"
          value={effect}
          onChange={(event) => setEffect(event.target.value as typeof effect)}
        >
          <MenuItem value="allow">Allow</MenuItem>
          <MenuItem value="deny">Deny</MenuItem>
          <MenuItem value="inherit">Not set</MenuItem>
        </TextField>
        <Typography variant="caption" color="textSecondary">
          This sets {plural(places.length, 'cell')}. You see the difference before you save it.
        </Typography>
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          variant="contained"
          onClick={() => {
            pending.set(places, effect === 'inherit' ? undefined : effect);
            onClose();
          }}
        >
          Set
        </Button>
      </DialogActions>
    </Dialog>
  );
}
