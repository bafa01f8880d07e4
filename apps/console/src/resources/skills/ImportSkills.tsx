import { Alert, Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material';
import UploadIcon from '@mui/icons-material/UploadFileOutlined';
import { useState } from 'react';
import { messageOf } from '../../api/errors.ts';
import { useChange } from '../../api/use-api.ts';
import { plural } from '../../format.ts';
import { ImportSkillsDocument } from './queries.ts';

interface Named {
  readonly name: string;
  readonly tools: string;
}

/** What a file says that it holds; undefined for what is no such file. The server judges the rest. */
function look(file: unknown): Named[] | undefined {
  if (typeof file !== 'object' || file === null || !('skills' in file) || !Array.isArray(file.skills)) return undefined;
  return file.skills.flatMap((skill: unknown) => {
    if (typeof skill !== 'object' || skill === null || !('name' in skill)) return [];
    const tools =
      'tools' in skill && Array.isArray(skill.tools) ? (skill.tools as { server?: unknown; tool?: unknown }[]) : [];
    return [
      {
        name: String(skill.name),
        tools: tools.map(({ server, tool }) => `${String(server)}.${String(tool ?? '*')}`).join(', '),
      },
    ];
  });
}

export function ImportSkills({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<{ content: unknown; skills: readonly Named[] }>();
  const [unreadable, setUnreadable] = useState(false);
  const change = useChange(ImportSkillsDocument, { say: 'Imported as drafts of yours.', done: onClose, quiet: true });
  const choose = async (chosen: File | undefined): Promise<void> => {
    if (!chosen) return;
    change.reset();
    try {
      const content: unknown = JSON.parse(await chosen.text());
      const skills = look(content);
      setFile(skills && { content, skills });
      setUnreadable(skills === undefined);
    } catch {
      setFile(undefined);
      setUnreadable(true);
    }
  };
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="import-title">
      <DialogTitle id="import-title" component="h2">
        Import skills
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Typography variant="body2" color="textSecondary">
          A file that was exported here or by another tenant. Its code is judged like any other, and its skills are
          drafts until somebody promotes them: read them first.
        </Typography>
        <Button component="label" variant="outlined" startIcon={<UploadIcon />} sx={{ justifySelf: 'start' }}>
          Choose a file
          <input
            type="file"
            accept="application/json,.json"
            hidden
            data-testid="skill-file"
            onChange={(event) => void choose(event.target.files?.[0])}
          />
        </Button>
        {unreadable && <Alert severity="error">This is no file of exported skills.</Alert>}
        {file && (
          <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
            {file.skills.map((skill) => (
              <li key={skill.name}>
                <Typography variant="body2">
                  <strong>{skill.name}</strong> {skill.tools === '' ? 'calls no tool' : `needs ${skill.tools}`}
                </Typography>
              </li>
            ))}
          </Box>
        )}
        {change.error != null && (
          <Alert severity="error" sx={{ whiteSpace: 'pre-wrap' }}>
            {messageOf(change.error)}
          </Alert>
        )}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2 }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          variant="contained"
          disabled={!file || file.skills.length === 0}
          loading={change.isPending}
          onClick={() => file && change.mutate({ file: file.content })}
          data-testid="import"
        >
          {file ? `Import ${plural(file.skills.length, 'skill')}` : 'Import'}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
