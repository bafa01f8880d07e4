import { AppError, type Json } from '@switchyard/kernel';
import { createMasker } from '@switchyard/privacy';

/** A saved skill to run, `name` or `name@3`, and what it is given. */
export interface SkillCall {
  readonly skill: string;
  readonly input?: Json | undefined;
}

const MAX_INPUT_CHARS = 32 * 1024;
const SHOWN_BYTES = 4 * 1024;

/**
 * The code that calls a skill: as it runs, and as it is shown, with private data of the input masked. The input goes in
 * as a text that is parsed, so that nothing in it is ever code.
 */
export function skillCall(name: string, input: Json | undefined): { code: string; shown: string } {
  const given = input === undefined ? '' : JSON.stringify(input);
  if (given.length > MAX_INPUT_CHARS)
    throw new AppError(
      'unprocessable',
      `input: it may have ${MAX_INPUT_CHARS} characters of JSON; hand data over by a tool or the workspace.`,
      {
        path: 'input',
      },
    );
  const code = (argument: string): string =>
    `import { ${name} } from 'skills/${name}';\nreturn await ${name}(${argument});`;
  if (input === undefined) return { code: code(''), shown: code('') };
  const masked = createMasker().preview(input, SHOWN_BYTES).value;
  return { code: code(`JSON.parse(${JSON.stringify(given)})`), shown: code(JSON.stringify(masked)) };
}
