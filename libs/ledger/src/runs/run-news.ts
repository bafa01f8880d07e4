import type { RunId, TenantId } from '@switchyard/kernel';
import type { Database } from '@switchyard/database';

/** Told together, a moment later: nobody who waits for a run waits for this, and it shall not take their CPU either. */
const TOGETHER_MS = 25;
const MAX_TOGETHER = 500;

type Told = Map<RunId, TenantId>;

/** Tells every node which runs began and which ended. What is lost of it costs a live list one refresh. */
export class RunNews {
  /** What is told in one transaction: Postgres makes one of two that are the same, so the second waits for the next. */
  #waves: Told[] = [];
  #timer: NodeJS.Timeout | undefined;

  readonly #database: Pick<Database, 'tell'>;

  constructor(database: Pick<Database, 'tell'>) {
    this.#database = database;
  }

  tell(tenantId: TenantId, id: RunId): void {
    let wave = this.#waves.find((told) => !told.has(id));
    if (!wave) this.#waves.push((wave = new Map()));
    wave.set(id, tenantId);
    if (wave.size >= MAX_TOGETHER) return void this.#send();
    this.#timer ??= setTimeout(() => void this.#send(), TOGETHER_MS);
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waves = this.#waves;
    this.#waves = [];
    for (const told of waves) {
      const news = [...told].map(([id, tenantId]) => ({ tenantId, topic: 'runs' as const, id }));
      await this.#database.tell(news).catch(() => undefined);
    }
  }
}
