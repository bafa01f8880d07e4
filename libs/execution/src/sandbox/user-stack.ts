const FRAME = /^ {4}at (?:(?:async )?[^\n()/\\]{1,200} \(user\.ts:\d{1,7}:\d{1,7}\)|user\.ts:\d{1,7}:\d{1,7})$/;
const LINES = 30;

/** Only well-formed frames of the user's code: the sandbox maps and filters, and is not trusted to have done so. */
export const userStack = (stack: string): string =>
  stack
    .slice(0, 32_768)
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, LINES)
    .join('\n');

/** Text from inside without the address under which the runtime knows the code. */
export const plainMessage = (message: string): string =>
  message.replaceAll('file:///user.ts', 'user.ts').slice(0, 8_192);
