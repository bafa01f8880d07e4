import { Alert, Box, Button, Typography } from '@mui/material';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { messageOf } from '../../api/errors.ts';
import { send } from '../../api/http.ts';
import { useApi, useChange } from '../../api/use-api.ts';
import { formatCount, plural } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Facts } from '../../ui/Facts.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { saveBlob } from '../../ui/save-file.ts';
import { KeepingForm } from './KeepingForm.tsx';
import { AuditKeepingDocument, SignAuditCheckpointDocument, type Keeping as Data } from './queries.ts';

function Stream({ stream, headSeq }: { stream: Data['stream']; headSeq: number }) {
  if (stream == null) return <>Nowhere</>;
  const behind = headSeq - stream.ackedSeq;
  return (
    <>
      <Box component="code">{stream.url}</Box>
      <Typography variant="body2" color={stream.lastError == null ? 'textSecondary' : 'error'}>
        {stream.lastError != null
          ? `${stream.lastError} ${plural(stream.failures, 'attempt')} so far; it goes on behind entry ${formatCount(stream.ackedSeq)}, and nothing is lost.`
          : behind === 0
            ? 'All entries are acknowledged.'
            : `Acknowledged up to entry ${formatCount(stream.ackedSeq)}; ${formatCount(behind)} on their way.`}
      </Typography>
    </>
  );
}

/** Above the log while its receiver does not take it. */
export function StreamTrouble() {
  const { data } = useApi(AuditKeepingDocument, {}, { refetchEveryMs: 15_000 });
  const stream = data?.auditKeeping.stream;
  if (stream?.lastError == null) return null;
  return (
    <Alert severity="warning" sx={{ mb: 2 }}>
      The log does not reach its receiver: {stream.lastError} It is tried again, and nothing is lost.
    </Alert>
  );
}

/** How the log is signed, how long it is kept, and where it is streamed to. */
export function Keeping() {
  const { data, error, refetch } = useApi(AuditKeepingDocument, {}, { refetchEveryMs: 15_000 });
  const [mayWrite, mayVerify] = [useCan('audit.write'), useCan('audit.verify')];
  const [editing, setEditing] = useState(false);
  const notify = useNotify();
  const sign = useChange(SignAuditCheckpointDocument, { say: 'The log is signed as it stands now.' });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return null;
  const { retentionDays, checkpointAt, keyId, stream, headSeq } = data.auditKeeping;
  const download = async (): Promise<void> => {
    try {
      saveBlob('switchyard-audit-keys.pem', await (await send('/v1/audit/public-keys')).blob());
    } catch (failure) {
      notify(messageOf(failure), { type: 'error' });
    }
  };
  return (
    <Section
      title="Signed, kept, streamed"
      aside={
        !editing && (
          <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
            <Button size="small" startIcon={<DownloadIcon />} onClick={() => void download()}>
              Public key
            </Button>
            {mayVerify && (
              <Button size="small" onClick={() => sign.mutate({})} loading={sign.isPending} data-testid="sign">
                Sign now
              </Button>
            )}
            {mayWrite && (
              <Button size="small" onClick={() => setEditing(true)} data-testid="edit-keeping">
                Change
              </Button>
            )}
          </Box>
        )
      }
    >
      {editing ? (
        <KeepingForm keeping={data.auditKeeping} onDone={() => setEditing(false)} />
      ) : (
        <Facts
          rows={[
            [
              'Signed',
              <span key="signed" data-testid="signed">
                {checkpointAt == null ? 'Not yet' : <RelativeTime at={checkpointAt} />}, every hour in which something
                happens, with the key <code>{keyId}</code>
              </span>,
            ],
            ['Kept', retentionDays == null ? 'For ever' : plural(retentionDays, 'day')],
            ['Streamed to', <Stream key="stream" stream={stream ?? null} headSeq={headSeq} />],
          ]}
        />
      )}
    </Section>
  );
}
