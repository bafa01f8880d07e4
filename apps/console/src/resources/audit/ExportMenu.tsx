import { Button, Menu, MenuItem } from '@mui/material';
import DownloadIcon from '@mui/icons-material/FileDownloadOutlined';
import { useState } from 'react';
import { useListContext, useNotify } from 'react-admin';
import { messageOf } from '../../api/errors.ts';
import { send } from '../../api/http.ts';
import { sinceOf } from '../../ui/periods.ts';
import { saveBlob } from '../../ui/save-file.ts';

const FORMATS = [
  { value: 'jsonl', label: 'JSON Lines, which others can verify' },
  { value: 'csv', label: 'CSV, for a spreadsheet' },
] as const;

/** Saves what the filters on screen leave of the log; all of it without them. */
export function ExportMenu() {
  const { filterValues } = useListContext();
  const notify = useNotify();
  const [anchor, setAnchor] = useState<HTMLElement>();
  const [running, setRunning] = useState(false);

  async function save(format: string): Promise<void> {
    setAnchor(undefined);
    setRunning(true);
    const { period, ...filter } = filterValues as Readonly<Record<string, unknown>>;
    const from = sinceOf(period);
    const given = Object.entries({ ...filter, ...(from === undefined ? {} : { from }), format }).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    );
    try {
      const response = await send(`/v1/audit/export?${new URLSearchParams(given).toString()}`);
      saveBlob(`audit-${new Date().toISOString().slice(0, 10)}.${format}`, await response.blob());
    } catch (error) {
      notify(messageOf(error), { type: 'error' });
    } finally {
      setRunning(false);
    }
  }

  return (
    <>
      <Button
        variant="outlined"
        startIcon={<DownloadIcon />}
        onClick={(event) => setAnchor(event.currentTarget)}
        loading={running}
        aria-haspopup="menu"
        data-testid="export"
      >
        Export
      </Button>
      <Menu anchorEl={anchor ?? null} open={anchor !== undefined} onClose={() => setAnchor(undefined)}>
        {FORMATS.map(({ value, label }) => (
          <MenuItem key={value} onClick={() => void save(value)} data-testid={`export-${value}`}>
            {label}
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
