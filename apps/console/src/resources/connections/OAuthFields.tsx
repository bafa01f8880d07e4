import { Alert, MenuItem, Stack, TextField } from '@mui/material';
import { Snippet } from '../../ui/Snippet.tsx';

export type OAuthMode = 'none' | 'shared' | 'personal';

export interface OAuthChoice {
  readonly mode: OAuthMode;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: string;
}

const MODES: readonly { readonly value: OAuthMode; readonly label: string }[] = [
  { value: 'none', label: 'With fixed headers, or not at all' },
  { value: 'shared', label: 'OAuth: one account for the whole tenant' },
  { value: 'personal', label: 'OAuth: each member’s own account' },
];
const HINTS: Readonly<Record<OAuthMode, string>> = {
  none: 'Credentials are the same for everybody.',
  shared: 'An admin connects the account; everybody’s calls use it.',
  personal:
    'Each member connects an own account; nobody’s calls use another’s. API keys, being nobody’s, cannot call it.',
};

interface Props {
  readonly value: OAuthChoice;
  readonly onChange: (value: OAuthChoice) => void;
  readonly disabled?: boolean;
  /** What an authorization server has to allow where Switchyard is registered by hand. */
  readonly redirectUrl?: string;
  readonly hasSecret?: boolean;
}

/** How a connection signs in. The rest is for servers that take no client that comes by itself. */
export function OAuthFields({ value, onChange, disabled = false, redirectUrl, hasSecret = false }: Props) {
  const change = (part: Partial<OAuthChoice>) => onChange({ ...value, ...part });
  return (
    <Stack spacing={2}>
      <TextField
        select
        label="How it signs in"
        value={value.mode}
        onChange={(event) => change({ mode: event.target.value as OAuthMode })}
        helperText={HINTS[value.mode]}
        disabled={disabled}
        data-testid="oauth-mode"
      >
        {MODES.map((mode) => (
          <MenuItem key={mode.value} value={mode.value}>
            {mode.label}
          </MenuItem>
        ))}
      </TextField>
      {value.mode !== 'none' && (
        <>
          <TextField
            label="Client id"
            value={value.clientId}
            onChange={(event) => change({ clientId: event.target.value })}
            helperText="Leave it empty unless its server asks you to register Switchyard by hand: most take it by itself."
            autoComplete="off"
            disabled={disabled}
          />
          {value.clientId !== '' && (
            <TextField
              label="Client secret"
              type="password"
              value={value.clientSecret}
              onChange={(event) => change({ clientSecret: event.target.value })}
              helperText={
                hasSecret ? 'One is kept. Enter it anew only together with another client id.' : 'If there is one.'
              }
              autoComplete="new-password"
              disabled={disabled}
            />
          )}
          {value.clientId !== '' && redirectUrl !== undefined && (
            <Alert severity="info" variant="outlined">
              Allow this redirect address there:
              <Snippet text={redirectUrl} label="redirect address" />
            </Alert>
          )}
          <TextField
            label="Scopes"
            value={value.scopes}
            onChange={(event) => change({ scopes: event.target.value })}
            helperText="Separated by spaces. Empty: those that the server asks for."
            autoComplete="off"
            disabled={disabled}
          />
        </>
      )}
    </Stack>
  );
}
