import type { ReactNode } from 'react';
import { Choice } from './Choice.tsx';
import { FilterBar } from './FilterBar.tsx';
import { PERIODS } from './periods.ts';
import { SearchField } from './SearchField.tsx';
import { useFilters } from './use-filters.ts';

/** The filters of a LongList; the first is what is used most. */
export function ListFilters({ children }: { children: ReactNode }) {
  const { active, clear } = useFilters();
  return <FilterBar onClear={active ? clear : undefined}>{children}</FilterBar>;
}

export function FilterSearch({ name, label }: { name: string; label: string }) {
  const { get, set } = useFilters();
  return <SearchField label={label} value={get(name)} onChange={(text) => set(name, text)} />;
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  /** What the empty value is called. */
  readonly any: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

export function FilterChoice({ name, label, any, options }: ChoiceProps) {
  const { get, set } = useFilters();
  return <Choice label={label} any={any} value={get(name)} onChange={(value) => set(name, value)} options={options} />;
}

export const FilterPeriod = () => <FilterChoice name="period" label="Period" any="All time" options={PERIODS} />;
