import { Box, ButtonBase, Typography } from '@mui/material';
import ErrorIcon from '@mui/icons-material/ErrorOutlined';
import WarningIcon from '@mui/icons-material/WarningAmberOutlined';
import type { CodeFinding } from './diagnostics.ts';

/** What validation found, each leading to its place in the code. */
export function Findings({
  findings,
  onOpen,
}: {
  findings: readonly CodeFinding[];
  onOpen: (finding: CodeFinding) => void;
}) {
  if (findings.length === 0) return null;
  return (
    <Box
      component="ul"
      aria-label="Findings"
      data-testid="findings"
      sx={{ m: 0, p: 0, listStyle: 'none', borderTop: 1, borderColor: 'divider' }}
    >
      {findings.map((finding, at) => {
        const mild = finding.severity === 'warning' || finding.severity === 'info';
        const Icon = mild ? WarningIcon : ErrorIcon;
        return (
          <li key={at}>
            <ButtonBase
              onClick={() => onOpen(finding)}
              sx={{
                width: '100%',
                display: 'flex',
                alignItems: 'flex-start',
                justifyContent: 'flex-start',
                gap: 1,
                px: 2,
                py: 1,
                textAlign: 'left',
                '&:hover': { bgcolor: 'action.hover' },
              }}
            >
              <Icon fontSize="small" color={mild ? 'warning' : 'error'} sx={{ mt: '1px' }} />
              <Box sx={{ minWidth: 0, flex: 1 }}>
                <Typography variant="body2">{finding.message}</Typography>
                {finding.hint && (
                  <Typography variant="body2" color="textSecondary">
                    {finding.hint}
                  </Typography>
                )}
                <Typography variant="caption" color="textSecondary">
                  Line {finding.line}, column {finding.column} · {finding.stage} · {finding.code}
                </Typography>
              </Box>
            </ButtonBase>
          </li>
        );
      })}
    </Box>
  );
}
