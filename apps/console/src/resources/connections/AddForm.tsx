import {
  Alert,
  Box,
  Button,
  IconButton,
  LinearProgress,
  Link as MuiLink,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import AddIcon from '@mui/icons-material/Add';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import { useState, type FormEvent } from 'react';
import { ApiError, messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import type { AddConnectionMutation } from '../../gql/graphql.ts';
import { useViewer } from '../../session/use-viewer.ts';
import { AddedConnection } from './AddedConnection.tsx';
import { OAuthFields, type OAuthChoice } from './OAuthFields.tsx';
import { AddConnectionDocument, type Preset } from './queries.ts';
import { suggestName } from './suggest-name.ts';

interface Header {
  readonly name: string;
  readonly value: string;
}

interface Failure {
  readonly message: string;
  readonly path?: string | undefined;
}

/** Whether a refusal is about this field: `input.url`, `url`, `fields.token` and the like. */
const concerns = (failure: Failure | undefined, field: string): boolean =>
  failure?.path !== undefined && failure.path.split('.').includes(field);

export type Source = { readonly kind: 'url' } | { readonly kind: 'preset'; readonly preset: Preset };

export function AddForm({ source }: { source: Source }) {
  const preset = source.kind === 'preset' ? source.preset : undefined;
  const [url, setUrl] = useState('');
  const [name, setName] = useState(preset?.name ?? '');
  const [title, setTitle] = useState(preset?.title ?? '');
  const [nameTouched, setNameTouched] = useState(preset !== undefined);
  const [headers, setHeaders] = useState<readonly Header[]>([]);
  const [fields, setFields] = useState<Readonly<Record<string, string>>>({});
  const { publicUrl } = useViewer();
  const [oauth, setOAuth] = useState<OAuthChoice>({ mode: 'none', clientId: '', clientSecret: '', scopes: '' });
  const [failure, setFailure] = useState<Failure>();
  const [added, setAdded] = useState<AddConnectionMutation['addConnection']>();
  const add = useChange(AddConnectionDocument, { quiet: true, done: (answer) => setAdded(answer.addConnection) });

  function submit(event: FormEvent) {
    event.preventDefault();
    setFailure(undefined);
    const filled = Object.entries(fields).filter(([, value]) => value !== '');
    add.mutate(
      {
        input: {
          name,
          ...(title === '' ? {} : { title }),
          ...(preset
            ? { preset: preset.name, fields: filled.map(([field, value]) => ({ name: field, value })) }
            : {
                url,
                headers: headers.filter((header) => header.name !== ''),
                ...(oauth.mode === 'none' ? {} : { oauth }),
              }),
        },
      },
      {
        onError: (error) =>
          setFailure({ message: messageOf(error), path: error instanceof ApiError ? error.path : undefined }),
      },
    );
  }

  if (added) return <AddedConnection connection={added} />;
  const known = ['name', 'title', 'url', ...(preset?.fields.map((field) => field.name) ?? [])];
  const told = known.some((field) => concerns(failure, field));
  const problemOf = (field: string) => (concerns(failure, field) ? failure?.message : undefined);
  return (
    <form onSubmit={submit} aria-label="Add a connection">
      <Stack spacing={2.5} sx={{ maxWidth: 620 }}>
        {preset && (
          <Typography variant="body2" color="textSecondary">
            {preset.description}{' '}
            {preset.docsUrl != null && (
              <MuiLink href={preset.docsUrl} target="_blank" rel="noreferrer">
                Its documentation
              </MuiLink>
            )}
          </Typography>
        )}
        {failure && !told && (
          <Alert severity="error" role="alert" data-testid="add-error">
            {failure.message}
          </Alert>
        )}
        {!preset && (
          <TextField
            label="Address of the server"
            type="url"
            placeholder="https://mcp.example.com/mcp"
            value={url}
            onChange={(event) => {
              setUrl(event.target.value);
              if (!nameTouched) setName(suggestName(event.target.value));
            }}
            error={problemOf('url') !== undefined}
            helperText={
              problemOf('url') ??
              'Where the server takes MCP requests. Private and local addresses are refused unless the operator allows them.'
            }
            required
            autoFocus
          />
        )}
        {preset?.fields.map((field) => (
          <TextField
            key={field.name}
            label={field.label}
            type={
              field.kind === 'secret' || field.kind === 'password' ? 'password' : field.kind === 'url' ? 'url' : 'text'
            }
            autoComplete="off"
            placeholder={field.placeholder ?? undefined}
            value={fields[field.name] ?? ''}
            onChange={(event) => setFields({ ...fields, [field.name]: event.target.value })}
            error={problemOf(field.name) !== undefined}
            helperText={problemOf(field.name) ?? field.help ?? undefined}
            required={field.required}
          />
        ))}
        <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' } }}>
          <TextField
            label="Name in code"
            value={name}
            onChange={(event) => {
              setNameTouched(true);
              setName(event.target.value);
            }}
            error={problemOf('name') !== undefined}
            helperText={
              problemOf('name') ?? `Code imports its tools from 'servers/${name || '…'}'. It cannot be changed later.`
            }
            slotProps={{
              htmlInput: {
                pattern: '[A-Za-z_$][A-Za-z0-9_$\\-]*',
                title: 'Letters, digits, _ and -, beginning with a letter',
              },
            }}
            required
          />
          <TextField
            label="Title"
            value={title}
            onChange={(event) => setTitle(event.target.value)}
            error={problemOf('title') !== undefined}
            helperText={problemOf('title') ?? 'What people see.'}
          />
        </Box>
        {!preset && <OAuthFields value={oauth} onChange={setOAuth} redirectUrl={`${publicUrl}/oauth/callback`} />}
        {!preset && oauth.mode === 'none' && (
          <Box>
            <Typography variant="body2" sx={{ fontWeight: 600 }}>
              Headers with credentials
            </Typography>
            <Typography variant="caption" color="textSecondary" component="div" sx={{ mb: 1 }}>
              For a server that wants a key: for instance Authorization and “Bearer …”. Values are encrypted, and never
              shown again.
            </Typography>
            <Stack spacing={1}>
              {headers.map((header, at) => {
                const change = (part: Partial<Header>) =>
                  setHeaders(headers.map((each, index) => (index === at ? { ...each, ...part } : each)));
                return (
                  <Box key={at} sx={{ display: 'flex', gap: 1 }}>
                    <TextField
                      label="Header"
                      value={header.name}
                      onChange={(event) => change({ name: event.target.value })}
                      sx={{ flex: 2 }}
                      autoComplete="off"
                    />
                    <TextField
                      label="Value"
                      type="password"
                      value={header.value}
                      onChange={(event) => change({ value: event.target.value })}
                      sx={{ flex: 3 }}
                      autoComplete="new-password"
                    />
                    <IconButton
                      aria-label={`Remove header ${header.name}`}
                      onClick={() => setHeaders(headers.filter((_, index) => index !== at))}
                    >
                      <DeleteIcon fontSize="small" />
                    </IconButton>
                  </Box>
                );
              })}
            </Stack>
            <Button
              size="small"
              startIcon={<AddIcon />}
              onClick={() => setHeaders([...headers, { name: headers.length === 0 ? 'Authorization' : '', value: '' }])}
              sx={{ mt: 1 }}
            >
              Add a header
            </Button>
          </Box>
        )}
        {add.isPending && (
          <Box role="status">
            <Typography variant="caption" color="textSecondary">
              Connecting to the server and reading its tools…
            </Typography>
            <LinearProgress sx={{ mt: 0.5, borderRadius: 1 }} />
          </Box>
        )}
        <Box>
          <Button type="submit" variant="contained" loading={add.isPending}>
            Connect
          </Button>
        </Box>
      </Stack>
    </form>
  );
}
