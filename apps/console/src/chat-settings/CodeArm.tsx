import { TextField } from '@mui/material';
import { useState } from 'react';
import { useChange } from '../api/use-api.ts';
import { Choice } from '../ui/Choice.tsx';
import { FormGrid } from '../ui/FormGrid.tsx';
import { wholeOf } from '../ui/numbers.ts';
import { Section } from '../ui/Page.tsx';
import { SetChatSettingsDocument, type Settings } from './queries.ts';

const MOST_MENDS = 5;
const ON_FAILURE = [
  { value: 'fall_back', label: 'Answer the traditional way' },
  { value: 'answer_error', label: 'Answer with an error' },
] as const;

/** What happens when code cannot answer. */
export function CodeArm({ settings, mayWrite }: { settings: Settings; mayWrite: boolean }) {
  const [onCodeFailure, setOnFailure] = useState(settings.onCodeFailure);
  const [mends, setMends] = useState(String(settings.maxMends));
  const maxMends = wholeOf(mends);
  const bad = maxMends === undefined || maxMends > MOST_MENDS;
  const save = useChange(SetChatSettingsDocument, { quiet: true, say: 'Saved.' });
  return (
    <Section title="Code arm">
      <FormGrid
        act="Save"
        onSave={() => !bad && save.mutate({ input: { onCodeFailure, maxMends } })}
        saving={save.isPending}
        error={save.error}
        disabled={!mayWrite || bad || (onCodeFailure === settings.onCodeFailure && maxMends === settings.maxMends)}
        testId="save-code-arm"
      >
        <Choice
          label="When code cannot answer"
          value={onCodeFailure}
          onChange={(value) => setOnFailure(value === 'answer_error' ? 'answer_error' : 'fall_back')}
          options={ON_FAILURE}
        />
        <TextField
          label="Mends"
          value={mends}
          onChange={(event) => setMends(event.target.value)}
          disabled={!mayWrite}
          error={bad}
          helperText={`How often the model may mend its code after findings or a failure, 0 to ${MOST_MENDS}.`}
          slotProps={{ htmlInput: { inputMode: 'numeric' } }}
        />
      </FormGrid>
    </Section>
  );
}
