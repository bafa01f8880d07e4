import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError, messageOf } from '@switchyard/kernel';
import { Suite } from './suite.ts';

const FOLDER = fileURLToPath(new URL('../../suites/', import.meta.url));

function parse(file: string): Suite {
  try {
    return Suite.parse(JSON.parse(readFileSync(FOLDER + file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} is no suite: ${messageOf(error)}`, { cause: error });
  }
}

/** Every suite that ships with the product, from suites/*.json. Throws where one of the files is broken. */
export const readSuites = (): readonly Suite[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map(parse);

/** Throws AppError `not_found`, which names those that there are. */
export function findSuite(suites: readonly Suite[], name: string): Suite {
  const found = suites.find(({ suite }) => suite === name);
  if (found) return found;
  const known = suites.map(({ suite }) => suite).join(', ');
  throw new AppError('not_found', `There is no suite of this name. There are: ${known}.`);
}
