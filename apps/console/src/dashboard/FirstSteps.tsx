import { Box, Button, Card, Typography } from '@mui/material';
import { Link } from 'react-router-dom';
import { useViewer, type Permission } from '../session/use-viewer.ts';

interface Step {
  readonly title: string;
  readonly text: string;
  readonly act: string;
  readonly to: string;
  readonly needs: Permission;
}

const STEPS: readonly Step[] = [
  {
    title: 'Run something',
    text: 'The playground holds an example that searches the built-in catalogue. One key runs it, and you see what it called and what came back.',
    act: 'Open the playground',
    to: '/playground',
    needs: 'runs.execute',
  },
  {
    title: 'Connect a server',
    text: 'Add an MCP server of your own. Its tools become typed functions, and nobody may call them until you grant it.',
    act: 'Connect a server',
    to: '/connections/create',
    needs: 'connections.write',
  },
  {
    title: 'Let a program in',
    text: 'Make an API key, and paste a ready snippet into your IDE, agent or back end.',
    act: 'Create a key',
    to: '/keys',
    needs: 'keys.write',
  },
];

/** What a newcomer does first, in order. */
export function FirstSteps() {
  const { permissions } = useViewer();
  const steps = STEPS.filter((step) => permissions.includes(step.needs));
  return (
    <Box component="section" aria-label="First steps" data-testid="first-steps">
      <Typography variant="body2" color="textSecondary" sx={{ mb: 1.5 }}>
        Nothing has run in this tenant yet. Figures appear here with the first run.
      </Typography>
      <Box
        component="ol"
        sx={{
          m: 0,
          p: 0,
          listStyle: 'none',
          display: 'grid',
          gap: 2,
          gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 260px), 1fr))',
        }}
      >
        {steps.map((step, at) => (
          <Card component="li" key={step.to} sx={{ p: 2.5, display: 'flex', flexDirection: 'column', gap: 1 }}>
            <Typography variant="overline" color="textSecondary">
              Step {at + 1}
            </Typography>
            <Typography variant="h2">{step.title}</Typography>
            <Typography variant="body2" color="textSecondary" sx={{ flex: 1 }}>
              {step.text}
            </Typography>
            <Box sx={{ mt: 1 }}>
              <Button component={Link} to={step.to} variant={at === 0 ? 'contained' : 'outlined'}>
                {step.act}
              </Button>
            </Box>
          </Card>
        ))}
      </Box>
    </Box>
  );
}
