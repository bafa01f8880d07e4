import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseJson, request, type Answer, type Reaching, type WithSecrets } from '../request.ts';
import { ShopError } from '../shop-error.ts';
import { signed } from './oauth.ts';

export interface WooClientOptions extends Reaching {
  /** Of the shop's front page: https://shop.example. */
  readonly baseUrl: string;
  readonly withSecrets: WithSecrets;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Call {
  readonly signal: AbortSignal;
}

export interface WooPage<T> {
  readonly items: T[];
  /** From X-WP-Total: all pages together. */
  readonly total: number;
}

const problem = z
  .object({ code: z.string().catch(''), message: z.string().catch('') })
  .catch({ code: '', message: '' });

/** WooCommerce REST v3: Basic over HTTPS, and OAuth 1.0a over HTTP, where it refuses Basic. */
export class WooClient {
  readonly #options: WooClientOptions;
  readonly #root: URL;

  constructor(options: WooClientOptions) {
    this.#options = options;
    this.#root = new URL(`${options.baseUrl.replace(/\/+$/, '')}/wp-json/wc/v3/`);
  }

  async get<T>(path: string, schema: z.ZodType<T>, query: Query, call: Call): Promise<T> {
    return parsed(schema, parseJson(this.#good(await this.#send('GET', path, query, undefined, call))));
  }

  /** As `get`; undefined for 404. */
  async find<T>(path: string, schema: z.ZodType<T>, query: Query, call: Call): Promise<T | undefined> {
    const answer = await this.#send('GET', path, query, undefined, call);
    return answer.status === 404 ? undefined : parsed(schema, parseJson(this.#good(answer)));
  }

  /** One page of at most 100. The `Link` header is not followed: it echoes the signature of the request. */
  async page<T>(path: string, item: z.ZodType<T>, query: Query, call: Call): Promise<WooPage<T>> {
    const answer = this.#good(await this.#send('GET', path, query, undefined, call));
    const total = Number(answer.headers.get('x-wp-total') ?? Number.NaN);
    const items = parsed(z.array(item), parseJson(answer));
    return { items, total: Number.isSafeInteger(total) ? total : items.length };
  }

  /** A change that may be sent twice without harm: it says what shall be, not what to add. */
  async put<T>(path: string, schema: z.ZodType<T>, body: unknown, call: Call): Promise<T> {
    return parsed(schema, parseJson(this.#good(await this.#send('PUT', path, {}, body, call))));
  }

  /** Not sent again by itself: it adds. */
  async post<T>(path: string, schema: z.ZodType<T>, body: unknown, call: Call): Promise<T> {
    return parsed(schema, parseJson(this.#good(await this.#send('POST', path, {}, body, call))));
  }

  /** Also when it is gone already. */
  async remove(path: string, call: Call): Promise<void> {
    const answer = await this.#send('DELETE', path, { force: true }, undefined, call);
    if (answer.status !== 404) this.#good(answer);
  }

  #send(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    query: Query,
    body: unknown,
    { signal }: Call,
  ): Promise<Answer> {
    const { withSecrets, time } = this.#options;
    const url = new URL(path, this.#root);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const init = {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const make = () =>
      withSecrets(async ({ consumerKey: key, consumerSecret: secret }) => {
        if (!key || !secret)
          throw new ShopError(
            'credential_missing',
            'The connection lacks its consumer key or consumer secret: set both under its credentials.',
          );
        if (url.protocol === 'http:') {
          const once = { nonce: randomBytes(16).toString('hex'), at: time.now() };
          return { url: signed(method, url, { key, secret }, once), init };
        }
        const authorization = `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
        return { url, init: { ...init, headers: { ...init.headers, authorization } } };
      });
    return request(this.#options, make, { signal, repeatable: method !== 'POST' });
  }

  #good(answer: Answer): Answer {
    if (answer.status < 400) return answer;
    const { code, message } = problem.parse(this.#problemOf(answer));
    if (answer.status === 401 || answer.status === 403)
      throw new ShopError(
        'credential_refused',
        `The shop refuses the credential (HTTP ${answer.status}${code ? `, ${code}` : ''}): check consumer key, secret and rights.`,
      );
    const why = message ? `: ${message.slice(0, 300)}` : '';
    throw new ShopError('refused_by_shop', `The shop refused the request (HTTP ${answer.status})${why}`, {
      status: answer.status,
      shopCode: code,
    });
  }

  #problemOf(answer: Answer): unknown {
    try {
      return parseJson(answer);
    } catch {
      return {};
    }
  }
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ShopError(
    'bad_answer',
    `The shop’s answer is not what its interface prescribes: ${issue?.path.join('.') || 'the whole'} ${issue?.message ?? ''}`,
  );
}
