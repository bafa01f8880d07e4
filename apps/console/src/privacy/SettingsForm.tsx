import { Alert, Box, Button, Checkbox, FormControlLabel, Switch, TextField, Typography } from '@mui/material';
import { useState, type FormEvent } from 'react';
import { ApiError, messageOf } from '../api/errors.ts';
import { useChange } from '../api/use-api.ts';
import { useCan } from '../session/use-viewer.ts';
import { SetPrivacyDocument, type PrivacyData } from './queries.ts';
import { itemsOf, KINDS, linesOf, patternLines, patternsOf, type Kind } from './words.ts';

/** What of conversations is replaced. Filled anew when somebody else has changed it. */
export function SettingsForm({ settings }: { settings: PrivacyData }) {
  const mayWrite = useCan('privacy.write');
  const [enabled, setEnabled] = useState(settings.enabled);
  const [kinds, setKinds] = useState<readonly Kind[]>(settings.kinds);
  const [country, setCountry] = useState(settings.country ?? '');
  const [exempt, setExempt] = useState(linesOf(settings.exemptFields));
  const [patterns, setPatterns] = useState(patternLines(settings.patterns));
  const [withheld, setWithheld] = useState(linesOf(settings.withheldFrom));
  const [days, setDays] = useState(String(settings.keptDays));
  const [failure, setFailure] = useState<{ message: string; path?: string | undefined }>();
  const change = useChange(SetPrivacyDocument, { quiet: true, say: 'Saved. In force for messages from now on.' });

  function submit(event: FormEvent) {
    event.preventDefault();
    setFailure(undefined);
    const input = {
      enabled,
      kinds: [...kinds],
      country: country.trim() === '' ? null : country.trim(),
      exemptFields: itemsOf(exempt),
      patterns: patternsOf(patterns),
      withheldFrom: itemsOf(withheld),
      keptDays: Number(days),
    };
    change.mutate(
      { input },
      {
        onError: (error) =>
          setFailure({ message: messageOf(error), path: error instanceof ApiError ? error.path : undefined }),
      },
    );
  }

  const toggle = (kind: Kind, on: boolean): void =>
    setKinds(KINDS.map(({ value }) => value).filter((value) => (value === kind ? on : kinds.includes(value))));
  const failed = (path: string): boolean => failure?.path?.split('.')[0] === path;
  const helper = (path: string, text: string): string => (failed(path) && failure ? failure.message : text);

  return (
    <form onSubmit={submit}>
      <Box
        component="fieldset"
        disabled={!mayWrite}
        sx={{ border: 0, p: 0, m: 0, display: 'grid', gap: 2.5, maxWidth: 720 }}
      >
        <FormControlLabel
          control={<Switch checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />}
          label="Replace private data before a model sees it"
        />
        {!enabled && (
          <Alert severity="warning">Models get messages and results as they are, private data included.</Alert>
        )}
        <Box role="group" aria-label="Kinds" sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2 }}>
          {KINDS.map(({ value, label }) => (
            <FormControlLabel
              key={value}
              label={label}
              control={
                <Checkbox
                  checked={kinds.includes(value)}
                  onChange={(event) => toggle(value, event.target.checked)}
                  disabled={!enabled}
                />
              }
            />
          ))}
        </Box>
        <Box sx={{ display: 'grid', gap: 2.5, gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: '1fr 1fr' } }}>
          <TextField
            label="Country of phone numbers"
            value={country}
            onChange={(event) => setCountry(event.target.value)}
            error={failed('country')}
            helperText={helper('country', 'Two letters, such as DE; empty: only numbers with a plus.')}
          />
          <TextField
            label="Days that tokens can be put back"
            type="number"
            value={days}
            onChange={(event) => setDays(event.target.value)}
            error={failed('keptDays')}
            helperText={helper('keptDays', 'After the last new thing of a conversation; 1 to 365.')}
          />
        </Box>
        <TextField
          label="Your own kinds"
          multiline
          minRows={2}
          value={patterns}
          onChange={(event) => setPatterns(event.target.value)}
          error={failed('patterns') || failed('kind') || failed('mask')}
          helperText={
            failed('patterns') || failed('kind') || failed('mask')
              ? failure?.message
              : 'One a line: a name in capitals and a mask, such as EMPLOYEE EMP-######. # is a digit, @ a letter, * either.'
          }
        />
        <TextField
          label="Fields that are left alone"
          multiline
          minRows={2}
          value={exempt}
          onChange={(event) => setExempt(event.target.value)}
          error={failed('exemptFields')}
          helperText={helper('exemptFields', 'Names of fields, one a line, such as customer_ref.')}
        />
        <TextField
          label="Tools that never get what a token stands for"
          multiline
          minRows={2}
          value={withheld}
          onChange={(event) => setWithheld(event.target.value)}
          error={failed('withheldFrom')}
          helperText={helper('withheldFrom', 'One a line: a server, or server.tool.')}
        />
        {failure && failure.path === undefined && <Alert severity="error">{failure.message}</Alert>}
        {mayWrite ? (
          <Box>
            <Button type="submit" variant="contained" disabled={change.isPending}>
              Save
            </Button>
          </Box>
        ) : (
          <Typography variant="body2" color="textSecondary">
            Owners and admins may change this.
          </Typography>
        )}
      </Box>
    </form>
  );
}
