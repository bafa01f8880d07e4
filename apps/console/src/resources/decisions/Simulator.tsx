import {
  Autocomplete,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  TextField,
} from '@mui/material';
import QuizIcon from '@mui/icons-material/QuizOutlined';
import { useState } from 'react';
import { useApi } from '../../api/use-api.ts';
import { useCan } from '../../session/use-viewer.ts';
import { ApiKeysDocument } from '../keys/queries.ts';
import { ToolsDocument } from '../tools/queries.ts';
import { Answer } from './Answer.tsx';

const ROLES = [
  { value: 'role:owner', label: 'Owner' },
  { value: 'role:admin', label: 'Admin' },
  { value: 'role:reviewer', label: 'Reviewer' },
  { value: 'role:analyst', label: 'Analyst' },
  { value: 'role:api_key', label: 'Any API key' },
];

function questionOf(who: string, address: string) {
  const [kind, ...name] = who.split(':');
  const dot = address.indexOf('.');
  return {
    subjectKind: kind === 'key' ? ('key' as const) : ('role' as const),
    subject: name.join(':'),
    server: address.slice(0, dot),
    tool: address.slice(dot + 1),
  };
}

/** Asks policy a question that no call has asked: who might use what, and why. Nothing is logged. */
export function Simulator() {
  const [open, setOpen] = useState(false);
  const [who, setWho] = useState('role:analyst');
  const [address, setAddress] = useState<string | null>(null);
  const mayReadKeys = useCan('keys.read');
  const tools = useApi(ToolsDocument, {}, { enabled: open });
  const keys = useApi(ApiKeysDocument, {}, { enabled: open && mayReadKeys });
  const subjects = [
    ...ROLES,
    ...(keys.data?.apiKeys ?? []).map((key) => ({ value: `key:${key.id}`, label: `Key ${key.name}` })),
  ];
  const addresses = (tools.data?.tools ?? []).map((tool) => `${tool.server}.${tool.functionName}`);
  return (
    <>
      <Button variant="outlined" startIcon={<QuizIcon />} onClick={() => setOpen(true)} data-testid="simulate">
        Ask policy
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} maxWidth="sm" fullWidth aria-labelledby="simulate-title">
        <DialogTitle id="simulate-title" component="h2">
          What would policy decide?
        </DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', pt: '8px !important' }}>
          <TextField select label="Who" value={who} onChange={(event) => setWho(event.target.value)}>
            {subjects.map(({ value, label }) => (
              <MenuItem key={value} value={value}>
                {label}
              </MenuItem>
            ))}
          </TextField>
          <Autocomplete
            options={addresses}
            value={address}
            loading={tools.isPending}
            onChange={(_, chosen) => setAddress(chosen)}
            renderInput={(params) => <TextField {...params} label="Which tool" placeholder="server.tool" />}
          />
          {address !== null && <Answer question={questionOf(who, address)} />}
        </DialogContent>
        <DialogActions sx={{ px: 3, pb: 2 }}>
          <Button onClick={() => setOpen(false)}>Close</Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
