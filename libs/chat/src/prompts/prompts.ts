import type { Arm } from '@switchyard/kernel';

/** A prompt as it was sent; the version is kept with each answer that it led to. A changed text is a new version. */
export interface Prompt {
  readonly version: string;
  readonly text: string;
}

const TRADITIONAL: Prompt = {
  version: 'traditional.v1',
  text: 'Use the tools where they help to answer. Base what you say about data on their results.',
};

/** Discovery in at most 200 tokens; prompts.spec.ts counts. */
const CODE: Prompt = {
  version: 'code.v1',
  text: `You reach data and actions by writing TypeScript. First search_tools for functions, describe_tools for their types if the search did not show them, then execute_code once:
import { searchProducts } from 'servers/search';
const { results, total } = await searchProducts({ query: 'pump', limit: 100 });
return { total, cheapest: results.sort((a, b) => a.price - b.price).slice(0, 3) };
Only what you return or log comes back: filter, join and count in code and return little. Promise.all runs calls side by side. If code is refused or fails, mend it as the message says. Then answer from the result alone.`,
};

const CODE_ALL_DECLARED: Prompt = {
  version: 'code-declared.v1',
  text: `You reach data and actions by writing TypeScript for execute_code, with the functions declared below:
import { searchProducts } from 'servers/search';
Only what you return or log comes back: filter, join and count in code and return little. Promise.all runs calls side by side. If code is refused or fails, mend it as the message says. Then answer from the result alone.`,
};

const HYBRID: Prompt = {
  version: 'hybrid.v1',
  text: `${CODE.text}
The same functions are also there as direct tools. Call a tool directly for small things: one or two calls with short results. Write code for more than 100 rows, for three or more steps, or for polling.`,
};

export interface PromptChoice {
  readonly arm: Arm;
  readonly progressiveDisclosure: boolean;
  /** For `progressiveDisclosure: false`. */
  readonly declarations?: () => string;
}

/** What stands before the app's own messages. */
export function promptFor({ arm, progressiveDisclosure, declarations }: PromptChoice): Prompt {
  if (arm === 'traditional') return TRADITIONAL;
  if (arm === 'hybrid') return HYBRID;
  if (progressiveDisclosure || !declarations) return CODE;
  return { ...CODE_ALL_DECLARED, text: `${CODE_ALL_DECLARED.text}\n\n${declarations()}` };
}

/** All of them, for counting and for the record. */
export const PROMPTS: readonly Prompt[] = [TRADITIONAL, CODE, CODE_ALL_DECLARED, HYBRID];
