import { describe, expect, it } from '@jest/globals';
import { countTokens } from '@switchyard/ledger';
import { PROMPTS, promptFor } from './prompts.ts';

describe('the prompts', () => {
  it('of the code arm takes at most 200 tokens for discovery', () => {
    const counts = PROMPTS.map(({ version, text }) => `${version}: ${countTokens(text).tokens} tokens`);
    process.stdout.write(`${counts.join('\n')}\n`);
    expect(countTokens(promptFor({ arm: 'code', progressiveDisclosure: true }).text).tokens).toBeLessThanOrEqual(200);
  });

  it('has a version for each text', () => {
    expect(new Set(PROMPTS.map(({ version }) => version)).size).toBe(PROMPTS.length);
  });
});
