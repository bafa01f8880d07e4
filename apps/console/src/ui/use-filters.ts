import { useListContext } from 'react-admin';

/** The filters of a react-admin list as plain text fields. They live in the address, so a view can be shared. */
export function useFilters() {
  const { filterValues, setFilters } = useListContext();
  const values = filterValues as Readonly<Record<string, unknown>>;
  const active = Object.values(values).some((value) => value !== undefined && value !== '');
  return {
    active,
    get: (name: string): string => (typeof values[name] === 'string' ? values[name] : ''),
    set: (name: string, value: string) =>
      setFilters({ ...values, [name]: value === '' ? undefined : value }, undefined),
    clear: () => setFilters({}, undefined),
  };
}
