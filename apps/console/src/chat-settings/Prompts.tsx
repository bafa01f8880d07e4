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
            <Box sx={{ display: 'flex', columnGap: 1.5, flexWrap: 'wrap', alignItems: 'baseline', flex: 1, pr: 1 }}>
              <code>{version}</code>
              <Typography variant="body2" color="textSecondary" sx={{ flex: '1 1 200px' }}>
                {WHAT[version.replace(/\.v\d+$/, '')]}
              </Typography>
              <Typography variant="body2" sx={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
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
