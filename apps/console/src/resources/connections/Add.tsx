import { Alert, AlertTitle, Box, Button, Card, CardActionArea, Chip, Typography } from '@mui/material';
import LinkIcon from '@mui/icons-material/Link';
import LockIcon from '@mui/icons-material/LockOutlined';
import { useState } from 'react';
import { useApi } from '../../api/use-api.ts';
import { useCan, useViewer } from '../../session/use-viewer.ts';
import { Page, Section } from '../../ui/Page.tsx';
import { PageSkeleton } from '../../ui/PageSkeleton.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { SearchField } from '../../ui/SearchField.tsx';
import { Snippet } from '../../ui/Snippet.tsx';
import { AddForm, type Source } from './AddForm.tsx';
import { PresetsDocument, type Preset } from './queries.ts';
import { operatorCommand } from './words.ts';

/** What is added: one of the presets, or a server by its address. */

const SEARCH_FROM = 10;

/** Presets for any server whatever are what “By address” does, with any header. */
const isAnyServer = (preset: Preset): boolean =>
  preset.kind === 'http' && preset.fields.some((field) => field.name === 'url');

function SourceCard({
  title,
  text,
  icon,
  disabled,
  onClick,
}: {
  title: string;
  text: string;
  icon?: React.ReactNode;
  disabled?: boolean;
  onClick: () => void;
}) {
  return (
    <Card sx={{ display: 'flex' }}>
      <CardActionArea
        onClick={onClick}
        disabled={disabled ?? false}
        sx={{
          p: 2,
          display: 'flex',
          flexDirection: 'column',
          alignItems: 'stretch',
          justifyContent: 'flex-start',
          gap: 0.5,
          opacity: disabled ? 0.6 : 1,
        }}
      >
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
          <Typography variant="h3" component="h3" sx={{ flex: 1 }}>
            {title}
          </Typography>
          {icon}
        </Box>
        <Typography variant="body2" color="textSecondary">
          {text}
        </Typography>
      </CardActionArea>
    </Card>
  );
}

export function OperatorNote() {
  const { tenant } = useViewer();
  return (
    <Alert severity="info" icon={<LockIcon />} sx={{ '& .MuiAlert-message': { width: '100%' } }}>
      <AlertTitle sx={{ fontSize: 14 }}>A server that is a command is added by the operator alone</AlertTitle>
      <Box sx={{ mb: 1 }}>
        Such a command runs a program on the machine that hosts Switchyard, so the right to add one belongs to whoever
        runs that machine, at its command line:
      </Box>
      <Snippet text={operatorCommand(tenant.slug)} label="operator’s command" />
    </Alert>
  );
}

function Sources({ presets, onChoose }: { presets: readonly Preset[]; onChoose: (source: Source) => void }) {
  const [wanted, setWanted] = useState('');
  const matching = presets.filter((preset) =>
    `${preset.title} ${preset.description}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  return (
    <Box sx={{ display: 'grid', gap: 3, gridTemplateColumns: 'minmax(0, 1fr)' }}>
      {presets.length >= SEARCH_FROM && (
        <Box sx={{ maxWidth: 420 }}>
          <SearchField label="Search presets" value={wanted} onChange={setWanted} settleMs={0} />
        </Box>
      )}
      <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 300px), 1fr))' }}>
        <SourceCard
          title="By address"
          text="Any MCP server that speaks streamable HTTP: you need its URL, and its key if it wants one."
          icon={<LinkIcon fontSize="small" color="action" />}
          onClick={() => onChoose({ kind: 'url' })}
        />
        {matching.map((preset) => (
          <SourceCard
            key={preset.name}
            title={preset.title}
            text={preset.description}
            disabled={!preset.available}
            icon={preset.available ? undefined : <Chip size="small" icon={<LockIcon />} label="Operator only" />}
            onClick={() => onChoose({ kind: 'preset', preset })}
          />
        ))}
      </Box>
      <OperatorNote />
    </Box>
  );
}

export default function Add() {
  const mayWrite = useCan('connections.write');
  const { data, error, refetch } = useApi(PresetsDocument, {});
  const [source, setSource] = useState<Source>();
  if (!mayWrite)
    return (
      <Problem
        error={new Error('Only owners and admins of this tenant add connections.')}
        title="You may not do this"
        tall
      />
    );
  if (!data) return error ? <Problem error={error} retry={() => void refetch()} tall /> : <PageSkeleton />;
  return (
    <Page
      title="Add a connection"
      parent={{ label: 'Connections', to: '/connections' }}
      lead={source ? undefined : 'Choose what to connect to.'}
      actions={source && <Button onClick={() => setSource(undefined)}>Choose something else</Button>}
    >
      {source ? (
        <Section title={source.kind === 'preset' ? source.preset.title : 'By address'}>
          <AddForm source={source} />
        </Section>
      ) : (
        <Sources presets={data.presets.filter((preset) => !isAnyServer(preset))} onChoose={setSource} />
      )}
    </Page>
  );
}
