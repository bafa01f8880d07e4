import { Accordion, AccordionDetails, AccordionSummary, Box, Typography } from '@mui/material';
import ExpandIcon from '@mui/icons-material/ExpandMore';
import { formatCount } from '../format.ts';
import { Section } from '../ui/Page.tsx';
import { Snippet } from '../ui/Snippet.tsx';
import type { Prompt } from './queries.ts';

const WHAT: Readonly<Record<string, string>> = {
  traditional: 'Traditional: all tool definitions are in the context besides.',
  code: 'Code: tools are found by search.',
  'code-declared': 'Code without discovery: all declarations are in the context besides.',
  hybrid: 'Hybrid: direct tools for small things, code for the rest.',
};

/** What stands before the messages of an app, word by word, and what it takes. */
export function Prompts({ prompts }: { prompts: readonly Prompt[] }) {
  return (
    <Section title="Prompts" flush>
      {prompts.map(({ version, text, tokens }) => (
        <Accordion key={version} disableGutters elevation={0} square sx={{ bgcolor: 'transparent' }}>
          <AccordionSummary expandIcon={<ExpandIcon />}>
            <Box
              sx={{
                display: 'grid',
                columnGap: 1.5,
                alignItems: 'baseline',
                flex: 1,
                pr: 1,
                gridTemplateColumns: { xs: '1fr auto', sm: 'auto minmax(0, 1fr) auto' },
                gridTemplateAreas: { xs: '"version tokens" "what what"', sm: '"version what tokens"' },
              }}
            >
              <Box component="code" sx={{ gridArea: 'version' }}>
                {version}
              </Box>
              <Typography variant="body2" color="textSecondary" sx={{ gridArea: 'what' }}>
                {WHAT[version.replace(/\.v\d+$/, '')]}
              </Typography>
              <Typography
                variant="body2"
                sx={{ gridArea: 'tokens', fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}
              >
                {formatCount(tokens)} tokens
              </Typography>
            </Box>
          </AccordionSummary>
          <AccordionDetails>
            <Snippet text={text} label={`prompt ${version}`} maxHeight={320} />
          </AccordionDetails>
        </Accordion>
      ))}
    </Section>
  );
}
