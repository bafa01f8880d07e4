import { Alert, Box, TextField, ToggleButton, ToggleButtonGroup, Typography } from '@mui/material';
import { useDeferredValue, useState } from 'react';
import { useApi } from '../api/use-api.ts';
import { plural } from '../format.ts';
import { Figure, Figures } from '../ui/Facts.tsx';
import { Page, Section } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { RoiDocument } from './queries.ts';

/** The founding documents' volumes; the other fields follow the volume unless they are filled in. */
const SCENARIOS = [
  { value: '1000', label: 'A · 1,000' },
  { value: '10000', label: 'B · 10,000' },
  { value: '100000', label: 'C · 100,000' },
];

const FIELDS = [
  { name: 'traditional', label: 'One conversation, traditional ($)', placeholder: '0.148' },
  { name: 'code', label: 'One conversation, by code ($)', placeholder: '0.0159' },
  { name: 'infrastructure', label: 'Infrastructure a month ($)', placeholder: 'by volume: 50, 200 or 800' },
  { name: 'setup', label: 'Set-up, once ($)', placeholder: 'by volume: 5,000, 8,000 or 12,000' },
] as const;
type Name = (typeof FIELDS)[number]['name'];

const numberOf = (text: string): number | undefined => {
  const value = Number(text.replaceAll(',', ''));
  return text.trim() !== '' && Number.isFinite(value) && value >= 0 ? value : undefined;
};
const micros = (text: string): number | undefined => {
  const value = numberOf(text);
  return value === undefined ? undefined : Math.round(value * 1_000_000);
};
const dollars = (value: number): string => value.toLocaleString('en', { style: 'currency', currency: 'USD' });

function Answer({ input }: { input: Record<string, number> & { conversationsPerMonth: number } }) {
  const { data, error, refetch } = useApi(RoiDocument, { input }, { keepPrevious: true });
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return null;
  const { currentMonthly, codeMonthly, monthlySavings, annualSavings, breakEvenMonths } = data.roi;
  const loses = monthlySavings < 0;
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }} data-testid="roi" aria-live="polite">
      <Figures>
        <Figure label="Today, a month" value={dollars(currentMonthly)} note="traditional" />
        <Figure label="By code, a month" value={dollars(codeMonthly)} note="with its infrastructure" />
        <Figure
          label={loses ? 'Costs more, a month' : 'Saved, a month'}
          value={dollars(Math.abs(monthlySavings))}
          note={`${dollars(Math.abs(annualSavings))} a year`}
          tone={loses ? 'error' : 'success'}
        />
        <Figure
          label="Breaks even"
          value={breakEvenMonths == null ? 'never' : `after ${plural(breakEvenMonths, 'month')}`}
          note="until the set-up is earned back"
          {...(breakEvenMonths == null || breakEvenMonths > 24 ? { tone: 'warning' as const } : {})}
        />
      </Figures>
      {loses && (
        <Alert severity="warning">
          At this volume the infrastructure costs more than the code way saves. Raise the volume, or stay as you are.
        </Alert>
      )}
    </Box>
  );
}

export default function Roi() {
  const [volume, setVolume] = useState('10000');
  const [own, setOwn] = useState<Partial<Record<Name, string>>>({});
  const conversations = numberOf(useDeferredValue(volume));
  const fields = useDeferredValue(own);
  const given = FIELDS.flatMap(({ name }) => {
    const value = micros(fields[name] ?? '');
    return value === undefined ? [] : [[`${name}Micros`, value] as const];
  });
  const input = { conversationsPerMonth: conversations ?? 0, ...Object.fromEntries(given) };
  return (
    <Page
      title="Return on investment"
      parent={{ label: 'Savings', to: '/savings' }}
      lead="What the code way would cost and save at a volume. An estimate from unit costs: put your own in when you know them."
    >
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}>
        <Section title="Volume and costs">
          <Box
            sx={{
              display: 'grid',
              gap: 1.5,
              gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'repeat(2, minmax(0, 1fr))' },
            }}
          >
            <TextField
              label="Conversations a month"
              value={volume}
              onChange={(event) => setVolume(event.target.value)}
              error={conversations === undefined}
              helperText={conversations === undefined ? 'A whole number, 0 or more.' : undefined}
              slotProps={{ htmlInput: { inputMode: 'numeric' } }}
            />
            <ToggleButtonGroup
              exclusive
              value={volume}
              onChange={(_, next: string | null) => {
                if (next === null) return;
                setVolume(next);
                setOwn({});
              }}
              aria-label="Scenario"
              sx={{ flexWrap: 'wrap', alignSelf: 'start' }}
            >
              {SCENARIOS.map(({ value, label }) => (
                <ToggleButton key={value} value={value}>
                  {label}
                </ToggleButton>
              ))}
            </ToggleButtonGroup>
            {FIELDS.map(({ name, label, placeholder }) => (
              <TextField
                key={name}
                label={label}
                placeholder={placeholder}
                value={own[name] ?? ''}
                onChange={(event) => setOwn({ ...own, [name]: event.target.value })}
                error={(own[name] ?? '') !== '' && micros(own[name] ?? '') === undefined}
                slotProps={{ inputLabel: { shrink: true }, htmlInput: { inputMode: 'decimal' } }}
              />
            ))}
          </Box>
        </Section>
        {conversations !== undefined && Number.isInteger(conversations) ? (
          <Answer input={input} />
        ) : (
          <Typography color="textSecondary">Fill in a volume to see what comes of it.</Typography>
        )}
      </Box>
    </Page>
  );
}
