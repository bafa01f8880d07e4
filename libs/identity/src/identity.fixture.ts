import type { Database } from '@switchyard/database';
import { systemCtx, type Clock, type Role } from '@switchyard/kernel';
import type { IdentityChange, Person } from './change.ts';
import { createIdentity, type Identity, type IdentityOptions } from './identity.ts';
import type { Tenant } from './tenants.store.ts';

export const BASE_URL = 'http://127.0.0.1:4000';
export const PASSWORD = 'correct horse battery';

export interface MovableClock extends Clock {
  advance(ms: number): void;
}

export function movableClock(): MovableClock {
  let offset = 0;
  return { now: () => new Date(Date.now() + offset), advance: (ms) => void (offset += ms) };
}

interface Call {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ip?: string;
}

let nextIp = 0;

/** An identity over a real database, and a browser's way to talk to it: each request from another address unless told. */
export async function openTestIdentity(database: Database, over: Partial<IdentityOptions> = {}) {
  const changes: IdentityChange[] = [];
  const clock = movableClock();
  const baseUrl = over.baseUrl ?? BASE_URL;
  const identity: Identity = await createIdentity({
    database,
    baseUrl,
    secret: 'a secret of the specs that is long enough',
    secureCookies: false,
    clock,
    record: async (_tx, _ctx, change) => void changes.push(change),
    ...over,
  });

  async function call(path: string, { method, body, form, cookie, headers, ip }: Call = {}): Promise<Response> {
    const sent = form ? new URLSearchParams(form) : body === undefined ? undefined : JSON.stringify(body);
    const url = path.startsWith('http') ? path : `${baseUrl}${path}`;
    const request = new Request(url, {
      method: method ?? (sent === undefined ? 'GET' : 'POST'),
      headers: {
        origin: new URL(baseUrl).origin,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(cookie && { cookie }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
    });
    return identity.handler(request, { ip: ip ?? `10.0.${Math.floor(++nextIp / 250)}.${(nextIp % 250) + 1}` });
  }

  const signIn = (email: string, password = PASSWORD, extra: Call = {}): Promise<Response> =>
    call('/api/auth/sign-in/email', { ...extra, body: { email, password } });

  async function cookieFor(email: string): Promise<string> {
    const answer = await signIn(email);
    if (answer.status !== 200) throw new Error(`sign-in gave ${answer.status}: ${await answer.text()}`);
    return cookiesOf(answer);
  }

  async function tenantWith(slug: string, roles: readonly Role[]): Promise<{ tenant: Tenant; people: Person[] }> {
    const tenant = await identity.createTenant({ slug, name: slug });
    const people: Person[] = [];
    for (const role of roles) {
      const person = await identity.createUser({ email: `${role}@${slug}.example`, name: role, password: PASSWORD });
      await identity.addMember(systemCtx(tenant.id), { userId: person.id, role });
      people.push(person);
    }
    return { tenant, people };
  }

  return { identity, changes, clock, call, signIn, cookieFor, tenantWith };
}

export type TestIdentity = Awaited<ReturnType<typeof openTestIdentity>>;

export const cookiesOf = (answer: Response): string =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');

/** Waits for a notification to come round. */
export async function eventually(check: () => Promise<boolean>): Promise<boolean> {
  for (let waited = 0; waited < 3_000; waited += 20) {
    if (await check()) return true;
    await new Promise((done) => setTimeout(done, 20));
  }
  return false;
}
