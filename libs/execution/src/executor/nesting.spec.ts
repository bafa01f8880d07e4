import { describe, expect, it } from '@jest/globals';
import { nestsDeeperThan } from './nesting.ts';

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('the depth of JSON text', () => {
  it.each<[string, number, boolean]>([
    ['1', 0, false],
    ['[]', 0, true],
    ['[]', 1, false],
    [lists(1_000), 1_000, false],
    [lists(1_001), 1_000, true],
    ['{"a":{"b":[1]}}', 3, false],
    ['{"a":{"b":[1]}}', 2, true],
    ['[[],[],[[]]]', 3, false],
    [JSON.stringify([lists(50)]), 1, false],
    [JSON.stringify([`"${lists(50)}\\`, `\\"${lists(50)}`]), 1, false],
    ['"[[[[', 1, false],
    [lists(1_000_000), 1_000, true],
  ])('%.40s is deeper than %i: %s', (json, cap, deeper) => {
    expect(nestsDeeperThan(Buffer.from(json), cap)).toBe(deeper);
  });
});
