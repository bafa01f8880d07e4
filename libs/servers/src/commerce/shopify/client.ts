import { z } from 'zod';
import { MAX_WAIT_MS, parseJson, request, throttled, type Answer } from '../request.ts';
import { ShopError } from '../shop-error.ts';
import { ShopifyTokens, type TokenOptions } from './tokens.ts';

/** Supported from July 2026 for a year. */
export const API_VERSION = '2026-07';

export interface ShopifyClientOptions extends TokenOptions {
  readonly apiVersion?: string;
}

interface Call {
  readonly signal: AbortSignal;
}

const cost = z.object({
  requestedQueryCost: z.number(),
  throttleStatus: z.object({
    maximumAvailable: z.number(),
    currentlyAvailable: z.number(),
    restoreRate: z.number().positive(),
  }),
});
type Cost = z.infer<typeof cost>;

const envelope = z.object({
  data: z.unknown().optional(),
  errors: z
    .union([
      z.string().transform((message) => [{ message, extensions: undefined }]),
      z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() })),
    ])
    .optional(),
  extensions: z.object({ cost: cost.optional().catch(undefined) }).optional(),
});

const MOST_RENEWALS = 1;

/** Shopify's Admin GraphQL: waits by the cost that it reports, renews a token that has ended. */
export class ShopifyClient {
  readonly #options: ShopifyClientOptions;
  readonly #tokens: ShopifyTokens;
  readonly #url: URL;

  constructor(options: ShopifyClientOptions) {
    this.#options = options;
    this.#tokens = new ShopifyTokens(options);
    this.#url = new URL(`/admin/api/${options.apiVersion ?? API_VERSION}/graphql.json`, options.baseUrl);
  }

  /** Throws ShopError. Mutations are not repeated after a failure on the way; a throttled one was not carried out. */
  async ask<T>(
    document: string,
    variables: Readonly<Record<string, unknown>>,
    schema: z.ZodType<T>,
    call: Call,
  ): Promise<T> {
    const repeatable = !document.trimStart().startsWith('mutation');
    let waitedMs = 0;
    for (let renewals = 0; ;) {
      const { answer, token } = await this.#post(document, variables, repeatable, call);
      if (answer.status === 401 || answer.status === 403) {
        if (answer.status === 403 || renewals++ >= MOST_RENEWALS) throw refused(answer.status);
        await this.#tokens.renew(token, call);
        continue;
      }
      if (answer.status >= 400)
        throw new ShopError(
          'refused_by_shop',
          `Shopify refused the request (HTTP ${answer.status}): check the shop’s address.`,
        );
      const parsed = envelope.safeParse(parseJson(answer));
      if (!parsed.success) throw new ShopError('bad_answer', 'Shopify’s answer is not a GraphQL answer.');
      const { data, errors = [], extensions } = parsed.data;
      if (errors.some((error) => error.extensions?.code === 'THROTTLED')) {
        const waitMs = waitOf(extensions?.cost);
        if (waitedMs + waitMs > MAX_WAIT_MS) throw throttled(waitMs);
        waitedMs += waitMs;
        await this.#options.time.sleep(waitMs, call.signal);
        continue;
      }
      if (errors.length > 0) throw errorOf(errors);
      const result = schema.safeParse(data);
      if (result.success) return result.data;
      const [issue] = result.error.issues;
      throw new ShopError('bad_answer', `Shopify’s answer lacks ${issue?.path.join('.') ?? 'something'}.`);
    }
  }

  /** The lines of a bulk operation's result, as they arrive. */
  async *lines(address: string, { signal }: Call): AsyncGenerator<string> {
    const response = await this.#options.fetch(address, { signal }); // signed by itself: no token goes along
    if (!response.ok || !response.body)
      throw new ShopError('shop_down', `The result of the bulk operation cannot be fetched (HTTP ${response.status}).`);
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body) {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE) throw new ShopError('bad_answer', 'A line of the bulk result is too long.');
      yield* lines.filter((line) => line !== '');
    }
    if (rest !== '') yield rest;
  }

  async #post(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    repeatable: boolean,
    call: Call,
  ): Promise<{ answer: Answer; token: string }> {
    return this.#tokens.with(call, async (token) => {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json',
        'x-shopify-access-token': token,
      };
      const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) };
      const make = async () => ({ url: this.#url, init });
      return { answer: await request(this.#options, make, { signal: call.signal, repeatable }), token };
    });
  }
}

const LONGEST_LINE = 8 * 1_048_576;
const LEAST_WAIT_MS = 200;

/** Until the bucket holds what the query costs. */
function waitOf(known: Cost | undefined): number {
  if (!known) return 1_000;
  const { requestedQueryCost, throttleStatus } = known;
  const { currentlyAvailable, maximumAvailable, restoreRate } = throttleStatus;
  if (requestedQueryCost > maximumAvailable)
    throw new ShopError('refused_by_shop', 'The query costs more than the shop’s plan ever allows.');
  return Math.max(LEAST_WAIT_MS, Math.ceil(((requestedQueryCost - currentlyAvailable) / restoreRate) * 1_000));
}

const refused = (status: number): ShopError =>
  new ShopError(
    'credential_refused',
    `Shopify refuses the access token (HTTP ${status}): check the credential and the app’s access scopes.`,
  );

function errorOf(
  errors: readonly { message: string; extensions?: { code?: string | undefined } | undefined }[],
): ShopError {
  const [first] = errors;
  const message = (first?.message ?? '').slice(0, 300);
  if (first?.extensions?.code === 'ACCESS_DENIED')
    return new ShopError('credential_refused', `The app lacks an access scope: ${message}`);
  if (first?.extensions?.code === 'INTERNAL_SERVER_ERROR')
    return new ShopError('shop_down', 'Shopify failed inside: try again later.');
  return new ShopError('refused_by_shop', `Shopify refused the request: ${message}`);
}
