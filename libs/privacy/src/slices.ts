import type { Json } from '@switchyard/kernel';
import { setImmediate as turn } from 'node:timers/promises';
import type { Bounded, Masker } from './masker.ts';

/** Rows that are looked at before others get their turn: a few milliseconds' worth. */
const SLICE = 100;

/** As `maskAll`, with a pause between slices of long lists: ten thousand rows must not make everybody else wait. */
export async function maskInSlices(masker: Pick<Masker, 'maskAll'>, value: Json): Promise<Bounded> {
  if (Array.isArray(value) && value.length > SLICE) return rowsOf(masker, value, '');
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return masker.maskAll(value);
  const fields = Object.entries(value);
  if (!fields.some(([, one]) => isLong(one))) return masker.maskAll(value);
  // The rest as it is, with each long list in its place afterwards: its name may have been data, too.
  const rest = masker.maskAll(Object.fromEntries(fields.map(([name, one]) => [name, isLong(one) ? [] : one])));
  const masked = Object.entries(rest.value as { [name: string]: Json });
  if (masked.length !== fields.length) return masker.maskAll(value);
  let { truncated } = rest;
  for (const [at, [name, list]] of fields.entries()) {
    if (!isLong(list)) continue;
    const rows = await rowsOf(masker, list, name);
    masked[at] = [masked[at]?.[0] ?? name, rows.value];
    truncated ||= rows.truncated;
  }
  return { value: Object.fromEntries(masked), truncated };
}

const isLong = (value: Json): value is Json[] => Array.isArray(value) && value.length > SLICE;

/** `name` is that of the field whose list it is: it may tell what the list holds. */
async function rowsOf(masker: Pick<Masker, 'maskAll'>, list: readonly Json[], name: string): Promise<Bounded> {
  const rows: Json[] = [];
  let truncated = false;
  for (let from = 0; from < list.length; from += SLICE) {
    const slice = list.slice(from, from + SLICE);
    const part = masker.maskAll(name === '' ? slice : { [name]: slice });
    truncated ||= part.truncated;
    const [inner] = name === '' ? [part.value] : Object.values(part.value as { [name: string]: Json });
    for (const row of inner as Json[]) rows.push(row);
    await turn();
  }
  return { value: rows, truncated };
}
