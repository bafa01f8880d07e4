const FILE = String.raw`(?:user|skills/[\w$-]{1,96})\.ts:\d{1,7}:\d{1,7}`;
const FRAME = new RegExp(String.raw`^ {4}at (?:(?:async )?[^\n()/\\]{1,200} \(${FILE}\)|${FILE})$`);
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
  message.replace(/file:\/\/\/(?=user\.ts|skills\/)/g, '').slice(0, 8_192);
