import { Alert, Box, Link as MuiLink, Typography } from '@mui/material';
import { Link } from 'react-router-dom';
import { useApi } from '../api/use-api.ts';
import { formatCount, plural } from '../format.ts';
import { armLabel } from '../resources/conversations/ArmChip.tsx';
import { useCan } from '../session/use-viewer.ts';
import { Facts } from '../ui/Facts.tsx';
import { Section } from '../ui/Page.tsx';
import { Problem } from '../ui/Problem.tsx';
import { PairSummaryDocument, type Summary } from './queries.ts';

const share = ({ same, of }: Summary['betweenPeople']): string =>
  of === 0
    ? 'nothing to hold together yet'
    : `${Math.round((same / of) * 100)}% (${formatCount(same)} of ${formatCount(of)})`;

const preferenceLabel = (preference: string): string =>
  preference === 'same' ? 'Neither is better' : `${armLabel(preference)} is better`;

/** What people said of pairs, no longer blind. */
export function Said({ comparison }: { comparison: string | null }) {
  const { data, error, refetch } = useApi(PairSummaryDocument, { comparison });
  const mayGrade = useCan('answers.grade');
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return null;
  const { pairSummary: sum } = data;
  const grades = sum.preferred.reduce((total, one) => total + one.grades, 0);
  return (
    <Section title="What people say">
      {grades === 0 ? (
        <Typography variant="body2" color="textSecondary">
          Nobody has graded these answers yet.{' '}
          {mayGrade && comparison !== null && (
            <MuiLink component={Link} to={`/grading?comparison=${comparison}`}>
              Grade them blind
            </MuiLink>
          )}
        </Typography>
      ) : (
        <Box sx={{ display: 'grid', gap: 1.5, gridTemplateColumns: 'minmax(0, 1fr)' }} data-testid="said">
          {sum.scripted > 0 && (
            <Alert severity="warning">
              The scripted stand-in had a part in {plural(sum.scripted, 'pair')}: nothing of it is a model&apos;s
              quality.
            </Alert>
          )}
          <Facts
            rows={[
              ...sum.preferred.map(
                ({ preference, grades: count }) =>
                  [preferenceLabel(preference), `${plural(count, 'time')} of ${formatCount(grades)}`] as const,
              ),
              [
                'Graded',
                `${formatCount(sum.graded)} of ${plural(sum.pairs, 'pair')}, by ${sum.graders.map((one) => `${one.name} (${formatCount(one.grades)})`).join(', ')}`,
              ],
              ['People agree', share(sum.betweenPeople)],
              ['Agree with the verdict', share(sum.withMachine)],
            ]}
          />
        </Box>
      )}
    </Section>
  );
}
