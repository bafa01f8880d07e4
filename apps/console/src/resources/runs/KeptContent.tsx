import { Alert, Button, IconButton, Typography } from '@mui/material';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { messageOf } from '../../api/errors.ts';
import { send } from '../../api/http.ts';
import { useChange } from '../../api/use-api.ts';
import { formatBytes, formatCount } from '../../format.ts';
import { useCan } from '../../session/use-viewer.ts';
import { Confirm } from '../../ui/Confirm.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Section } from '../../ui/Page.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { RemoveWorkspaceFileDocument, type Run } from './queries.ts';

type File = Run['content']['files'][number];

/** Saves what the control plane keeps; a refusal is said. */
function useDownload(): (path: string, name: string) => Promise<void> {
  const notify = useNotify();
  return async (path, name) => {
    try {
      saveFile(name, await (await send(path)).text());
    } catch (error) {
      notify(messageOf(error), { type: 'error' });
    }
  };
}

/** Above the preview of a result that was too large to send. */
export function LargeResult({ run }: { run: Run }) {
  const download = useDownload();
  const { resultBytes, resultRows, resultExpiresAt, mayOpen } = run.content;
  if (resultBytes == null || resultExpiresAt == null) return null;
  return (
    <Alert
      severity="info"
      sx={{ mb: 1.5 }}
      data-testid="large-result"
      action={
        mayOpen && (
          <Button
            color="inherit"
            size="small"
            startIcon={<DownloadIcon />}
            onClick={() => void download(`/v1/executions/${run.id}/result`, `result-${run.id}.json`)}
          >
            Download
          </Button>
        )
      }
    >
      Too large to send: {formatBytes(resultBytes)}
      {resultRows == null ? '' : `, ${formatCount(resultRows)} rows`}. The caller got a handle and a preview; all of it
      is kept and expires <RelativeTime at={resultExpiresAt} />.
    </Alert>
  );
}

/** The workspace that the run could see. */
export function WorkspaceFiles({ run }: { run: Run }) {
  const download = useDownload();
  const mayRemove = useCan('runs.execute') && run.content.mayOpen;
  const [removing, setRemoving] = useState<File>();
  const remove = useChange(RemoveWorkspaceFileDocument, {
    say: 'The file is gone.',
    done: () => setRemoving(undefined),
  });
  const { files, mayOpen } = run.content;
  if (files.length === 0) return null;
  const columns: readonly Column<File>[] = [
    { key: 'name', label: 'File', render: (file) => <code style={{ overflowWrap: 'anywhere' }}>{file.name}</code> },
    { key: 'size', label: 'Size', align: 'right', render: (file) => formatBytes(file.bytes) },
    { key: 'kind', label: 'Holds', from: 'md', render: (file) => (file.kind === 'text' ? 'text' : 'data') },
    { key: 'written', label: 'Written', from: 'sm', render: (file) => <RelativeTime at={file.updatedAt} /> },
    { key: 'expires', label: 'Expires', from: 'md', render: (file) => <RelativeTime at={file.expiresAt} /> },
    ...(mayOpen
      ? [
          {
            key: 'act',
            label: '',
            align: 'right' as const,
            render: (file: File) => (
              <>
                <IconButton
                  size="small"
                  aria-label={`Download ${file.name}`}
                  onClick={() =>
                    void download(
                      `/v1/executions/${run.id}/files/content?name=${encodeURIComponent(file.name)}`,
                      `${file.name.replaceAll('/', '-')}.json`,
                    )
                  }
                >
                  <DownloadIcon fontSize="small" />
                </IconButton>
                {mayRemove && (
                  <IconButton size="small" aria-label={`Remove ${file.name}`} onClick={() => setRemoving(file)}>
                    <DeleteIcon fontSize="small" />
                  </IconButton>
                )}
              </>
            ),
          },
        ]
      : []),
  ];
  return (
    <Section
      title="Workspace"
      aside={
        <Typography variant="caption" color="textSecondary">
          {run.conversation == null
            ? 'Of this run alone'
            : 'Shared by its caller’s runs of this conversation, as it is now'}
        </Typography>
      }
      flush
    >
      <DataTable label="Workspace files" rows={files} columns={columns} rowKey={(file) => file.id} />
      <Confirm
        open={removing !== undefined}
        title={`Remove ${removing?.name ?? ''}?`}
        act="Remove file"
        grave
        busy={remove.isPending}
        onAct={() => removing && remove.mutate({ runId: run.id, name: removing.name })}
        onClose={() => setRemoving(undefined)}
      >
        Later runs of the conversation do not find it any more.
      </Confirm>
    </Section>
  );
}
