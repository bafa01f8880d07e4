import { ShopError } from '../shop-error.ts';
import type { Time } from '../request.ts';
import type { ShopifyClient } from './client.ts';
import { BULK, BULK_VARIANTS, START_BULK } from './documents.ts';
import { bulkStarted, bulkState, shopifyVariant, type ShopifyVariant } from './wire.ts';

interface Call {
  readonly signal: AbortSignal;
}

interface Reading {
  readonly id: string;
  line: number;
  readonly lines: AsyncGenerator<string>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const RUNNING = new Set(['CREATED', 'RUNNING', 'CANCELING']);

/**
 * The whole catalogue by one bulk operation, outside the rate limit. Its result is kept for seven days, so that another
 * process can go on from any line; whoever reads on from where it stopped need not fetch it again.
 */
export class ShopifyBulk {
  readonly #client: ShopifyClient;
  readonly #time: Time;
  #reading: Reading | undefined;

  constructor(client: ShopifyClient, time: Time) {
    this.#client = client;
    this.#time = time;
  }

  /** Gives its id. Undefined when the shop starts none now: it may be busy with as many as it runs side by side. */
  async start(call: Call): Promise<string | undefined> {
    const { bulkOperationRunQuery } = await this.#client.ask(START_BULK, { query: BULK_VARIANTS }, bulkStarted, call);
    return bulkOperationRunQuery.bulkOperation?.id;
  }

  /** Waits for the operation, then reads `count` lines from `line` on. */
  async read(
    id: string,
    line: number,
    count: number,
    call: Call,
  ): Promise<{ readonly variants: ShopifyVariant[]; readonly isEnd: boolean }> {
    let reading = this.#reading;
    if (reading?.id !== id || reading.line !== line) {
      await reading?.lines.return(undefined);
      reading = { id, line: 0, lines: await this.#open(id, call) };
      this.#reading = reading;
      for (; reading.line < line; reading.line++) if ((await reading.lines.next()).done) break;
    }
    const variants: ShopifyVariant[] = [];
    for (; variants.length < count; reading.line++) {
      const next = await reading.lines.next();
      if (next.done) {
        this.#reading = undefined;
        return { variants, isEnd: true };
      }
      variants.push(parseLine(next.value));
    }
    return { variants, isEnd: false };
  }

  async #open(id: string, call: Call): Promise<AsyncGenerator<string>> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const { bulkOperation } = await this.#client.ask(BULK, { id }, bulkState, call);
      if (!bulkOperation) throw gone('is not known any more');
      if (bulkOperation.status === 'COMPLETED')
        // No URL: it found nothing.
        return bulkOperation.url ? this.#client.lines(bulkOperation.url, call) : none();
      if (!RUNNING.has(bulkOperation.status))
        throw gone(`ended as ${bulkOperation.status} ${bulkOperation.errorCode ?? ''}`.trim());
      await this.#time.sleep(waitMs, call.signal);
    }
  }
}

async function* none(): AsyncGenerator<string> {
  // nothing to read
}

const gone = (what: string): ShopError =>
  new ShopError('refused_by_shop', `The bulk operation ${what}: start the sync again.`, { reason: 'bulk' });

function parseLine(line: string): ShopifyVariant {
  try {
    return shopifyVariant.parse(JSON.parse(line));
  } catch (cause) {
    throw new ShopError('bad_answer', 'A line of the bulk result is not a variant.', {}, { cause });
  }
}
