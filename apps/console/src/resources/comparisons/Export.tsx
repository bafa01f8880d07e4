import { Button, Menu, MenuItem } from '@mui/material';
import DownloadIcon from '@mui/icons-material/DownloadOutlined';
import { useState } from 'react';
import { useNotify } from 'react-admin';
import { messageOf } from '../../api/errors.ts';
import { query } from '../../api/graphql.ts';
import { saveFile } from '../../ui/save-file.ts';
import { ComparisonFileDocument } from './queries.ts';

/** The report to take away: for people as Markdown, for programs as JSON. */
export function Export({ id, suite }: { id: string; suite: string }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [busy, setBusy] = useState(false);
  const notify = useNotify();
  const take = async (form: 'md' | 'json'): Promise<void> => {
    setAnchor(null);
    setBusy(true);
    try {
      const { markdown, json } = (await query(ComparisonFileDocument, { id })).comparisonReport;
      const name = `comparison-${suite}-${id.slice(0, 8)}.${form}`;
      if (form === 'md') saveFile(name, markdown, 'text/markdown');
      else saveFile(name, JSON.stringify(json, null, 2));
    } catch (error) {
      notify(messageOf(error), { type: 'error' });
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button
        variant="outlined"
        startIcon={<DownloadIcon />}
        onClick={(event) => setAnchor(event.currentTarget)}
        aria-haspopup="menu"
        loading={busy}
        data-testid="export"
      >
        Export
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        <MenuItem onClick={() => void take('md')}>Report as Markdown</MenuItem>
        <MenuItem onClick={() => void take('json')}>Everything as JSON</MenuItem>
      </Menu>
    </>
  );
}
