import { Alert, Button } from '@mui/material';
import PowerIcon from '@mui/icons-material/PowerSettingsNewOutlined';
import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatDateTime } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { AskReason } from './AskReason.tsx';
import { KillSwitchDocument, SetKillSwitchDocument } from './queries.ts';

/** Takes every conversation of the tenant off code at once, those in the middle too. */
export function KillSwitch() {
  const { data } = useApi(KillSwitchDocument, {});
  const mayKill = useCan('rollouts.kill');
  const [asking, setAsking] = useState(false);
  const change = useChange(SetKillSwitchDocument, { quiet: true, done: () => setAsking(false) });
  if (!data) return null;
  const { thrown, by, at, reason } = data.killSwitch;
  const dialog = asking && (
    <AskReason
      title={thrown ? 'Let code run again?' : 'Stop all code?'}
      act={thrown ? 'Release the kill switch' : 'Stop all code now'}
      grave={!thrown}
      busy={change.isPending}
      problem={change.isError ? messageOf(change.error) : undefined}
      onAct={(why) => change.mutate({ thrown: !thrown, reason: why })}
      onClose={() => setAsking(false)}
    >
      {thrown
        ? 'Rollouts go on where they stood: conversations get the arms that they had.'
        : 'Every conversation of this tenant is answered the traditional way from now on, also those in the middle of a run. Rollouts keep their place.'}
    </AskReason>
  );
  if (thrown)
    return (
      <>
        <Alert
          severity="error"
          variant="filled"
          data-testid="killed"
          action={
            mayKill && (
              <Button color="inherit" size="small" onClick={() => setAsking(true)} data-testid="release">
                Release
              </Button>
            )
          }
        >
          The kill switch is thrown: no code runs in chats. {by}
          {at != null && `, ${formatDateTime(at)}`}: {reason}
        </Alert>
        {dialog}
      </>
    );
  return mayKill ? (
    <>
      <Button
        variant="contained"
        color="error"
        startIcon={<PowerIcon />}
        onClick={() => setAsking(true)}
        data-testid="kill"
        sx={{ justifySelf: 'start' }}
      >
        Kill switch
      </Button>
      {dialog}
    </>
  ) : null;
}
