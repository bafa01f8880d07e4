import type { Answer, Credentials, Switchyard } from './switchyard.ts';

/** Whoever asks: with a key, or with a session's cookie. */
export interface Caller {
  readonly key?: string;
  readonly headers?: Record<string, string>;
}

const auth = (switchyard: Switchyard, route: string, body: unknown): Promise<Answer> =>
  switchyard.request('POST', `/api/auth${route}`, { body, headers: { origin: switchyard.url } });

/** Opens a session; throws when sign-in is refused. */
export async function signIn(switchyard: Switchyard, credentials: Credentials): Promise<Caller> {
  const answer = await auth(switchyard, '/sign-in/email', credentials);
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  if (answer.status !== 200 || !cookie) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`);
  return { headers: { cookie } };
}

/** Follows an invitation's link to the end: the person exists, is a member, and is signed in. */
export async function join(
  switchyard: Switchyard,
  { link, email, name }: { link: string; email: string; name: string },
): Promise<Caller> {
  const token = /token=([^&]+)/.exec(link)?.[1];
  const password = `the long password of ${email}`;
  const answer = await auth(switchyard, '/invitation/accept', { token, name, password });
  if (answer.status !== 200) throw new Error(`the invitation answered ${answer.status}: ${answer.text}`);
  return signIn(switchyard, { email, password });
}

export const graphqlAs = (
  switchyard: Switchyard,
  caller: Caller,
  query: string,
  variables: object = {},
): Promise<Answer> => switchyard.request('POST', '/graphql', { ...caller, body: { query, variables } });

/** The data of an answer that must not be a refusal. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- specs look into answers of many shapes
export function dataOf({ status, body, text }: Answer): any {
  if (!body?.data || body.errors) throw new Error(`refused with ${status}: ${text.slice(0, 2_000)}`);
  return body.data;
}
