import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, ERROR_CODES, type ErrorCode } from '@switchyard/kernel';
import { z } from 'zod';
import type { Env } from './env.ts';
import { keyFile, withHost } from './host.ts';

/** Who asks: a tenant, by a key that was given or by the command line's own of that tenant. */
export interface Caller {
  readonly tenant: string;
  readonly key?: string;
}

interface ApiRequest<Schema extends z.ZodType> {
  readonly path: string;
  readonly body?: unknown;
  readonly answer: Schema;
}

const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).default({}) }),
});
const OWN_SCOPES = ['runs', 'tools', 'chat'] as const;
const isErrorCode = (code: string): code is ErrorCode => ERROR_CODES.some((known) => known === code);

/** The command line's own key of a tenant: made at first use, kept in the data folder. */
async function ownKey(env: Env, tenant: string): Promise<string> {
  const file = keyFile(env, tenant);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const { key } = await withHost(env, async (host) => {
    const { ctx } = await host.operatorCtx(tenant);
    return host.identity.createKey(ctx, { name: 'Switchyard command line', scopes: OWN_SCOPES });
  });
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  return key;
}

async function send(env: Env, key: string, { path: route, body }: ApiRequest<z.ZodType>): Promise<unknown> {
  const response = await fetch(new URL(route, env.apiUrl), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new AppError(
      'unavailable',
      `Switchyard does not answer at ${env.apiUrl}: start it with npm start, or set PORT or PUBLIC_URL as it has them.`,
      {},
      { cause },
    );
  });
  const text = await response.text();
  const answer: unknown = parse(text);
  if (response.ok && answer !== undefined) return answer;
  const { error } = ErrorBody.safeParse(answer).data ?? {};
  if (!error)
    throw new AppError(
      'unavailable',
      `What answers at ${env.apiUrl} is no Switchyard (HTTP ${response.status}): set PORT.`,
    );
  throw new AppError(isErrorCode(error.code) ? error.code : 'unavailable', error.message, error.details);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks the running Switchyard, as a program would. */
export async function ask<Schema extends z.ZodType>(
  env: Env,
  { tenant, key }: Caller,
  request: ApiRequest<Schema>,
): Promise<z.infer<Schema>> {
  if (key !== undefined) return request.answer.parse(await send(env, key, request));
  try {
    return request.answer.parse(await send(env, await ownKey(env, tenant), request));
  } catch (error) {
    // Somebody revoked it, the database is another, or it is from before it needed all of its scopes: make a new one.
    if (!(error instanceof AppError) || !['unauthenticated', 'forbidden'].includes(error.code)) throw error;
    rmSync(keyFile(env, tenant), { force: true });
    return request.answer.parse(await send(env, await ownKey(env, tenant), request));
  }
}

const GraphqlAnswer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({ message: z.string(), extensions: z.object({ code: z.string().default('') }).default({ code: '' }) }),
    )
    .optional(),
});

/** Asks one field of the console's API; gives what it answers. */
export async function askGraphql<Schema extends z.ZodType>(
  env: Env,
  caller: Caller,
  request: { readonly query: string; readonly variables: object; readonly answer: Schema },
): Promise<z.infer<Schema>> {
  const { query, variables } = request;
  const asked = async (): Promise<unknown> => {
    const { data, errors } = await ask(env, caller, {
      path: '/graphql',
      body: { query, variables },
      answer: GraphqlAnswer,
    });
    const [error] = errors ?? [];
    if (!error) return Object.values(data ?? {})[0];
    const code = error.extensions.code.toLowerCase();
    throw new AppError(isErrorCode(code) ? code : 'unavailable', error.message);
  };
  try {
    return request.answer.parse(await asked());
  } catch (error) {
    if (caller.key !== undefined || !(error instanceof AppError) || error.code !== 'forbidden') throw error;
    rmSync(keyFile(env, caller.tenant), { force: true }); // one from before it needed this scope
    return request.answer.parse(await asked());
  }
}
