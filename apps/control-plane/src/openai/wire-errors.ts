import { opaqueWireError, toWireError, type WireError } from '@switchyard/chat';
import type { AppError, ErrorCode } from '@switchyard/kernel';
import { ERROR_CODES } from '@switchyard/kernel';
import type { ErrorAnswer, ErrorBody } from '../http/errors.ts';

const PATHS = ['/v1/chat/', '/v1/models'];

/** Routes whose clients read errors as OpenAI writes them. */
export const speaksOpenAi = (url: string): boolean => PATHS.some((path) => url.startsWith(path));

const isCode = (code: string): code is ErrorCode => ERROR_CODES.some((known) => known === code);

/** Our body of a refusal in OpenAI's form. */
export function wireErrorOf({ error: { code, message, details } }: ErrorBody): WireError {
  const refusal: Pick<AppError, 'code' | 'message' | 'details'> | undefined = isCode(code)
    ? { code, message, details }
    : undefined;
  return refusal ? toWireError(refusal) : opaqueWireError(message);
}

/** OpenAI's clients know 400 where our REST says 422. */
export const wireAnswerOf = (answer: ErrorAnswer): ErrorAnswer & { readonly wire: WireError } => ({
  ...answer,
  status: answer.status === 422 ? 400 : answer.status,
  wire: wireErrorOf(answer.body),
});
