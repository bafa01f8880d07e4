import { Box, Typography } from '@mui/material';
import { formatCount, formatDuration, formatShare } from '../format.ts';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { Section } from '../ui/Page.tsx';
import { ToolName } from '../ui/ToolName.tsx';
import type { Overview } from './queries.ts';

type ToolUse = Overview['tools'][number];

const COLUMNS: readonly Column<ToolUse>[] = [
  {
    key: 'tool',
    label: 'Tool',
    cut: true,
    render: (use) => <ToolName server={use.server} tool={use.tool} />,
  },
  { key: 'calls', label: 'Calls', align: 'right', render: (use) => formatCount(use.calls) },
  {
    key: 'failed',
    label: 'Failed',
    align: 'right',
    render: (use) => (
      <Box component="span" sx={{ color: use.failed > 0 ? 'error.main' : 'text.secondary' }}>
        {use.calls === 0 ? '–' : formatShare(use.failed / use.calls)}
      </Box>
    ),
  },
  { key: 'median', label: 'Median', align: 'right', from: 'sm', render: (use) => formatDuration(use.medianMs) },
];

export function TopTools({ tools }: { tools: readonly ToolUse[] }) {
  return (
    <Section title="Tools called most" flush>
      {tools.length === 0 ? (
        <Typography variant="body2" color="textSecondary" sx={{ px: 2, pb: 2 }}>
          No tool was called in this period.
        </Typography>
      ) : (
        <DataTable
          label="Tools called most"
          rows={tools}
          columns={COLUMNS}
          rowKey={(use) => `${use.server}.${use.tool}`}
        />
      )}
    </Section>
  );
}
