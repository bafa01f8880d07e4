import { AppError } from '@switchyard/kernel';

export type TurnstileSettings = {
  /** Runs that compute at the same time. Runs that wait for a tool do not count. */
  readonly maxComputing: number;
  /** Runs at the same time, waiting ones included. */
  readonly maxRunning: number;
  readonly maxQueued: number;
};

/** A place among the running ones. */
export type Slot = { waiting(isWaiting: boolean): void; release(): void };

type Waiter = { admit(slot: Slot): void; refuse(error: Error): void };
type Party = {
  running: number;
  computing: number;
  /** When it was let in last, or came; the earliest is next. */
  turn: number;
  readonly queue: Waiter[];
};

/**
 * Who may run now, and who next. Parties take turns, however many runs each has in the queue; none may hold all places;
 * and when the queue is full, the party with most runs in it gives one up for a party with fewer. So a flood of one costs
 * the others a turn, not their service. What a party is (a tenant) is not known here.
 */
export class Turnstile {
  readonly #settings: TurnstileSettings;
  readonly #most: { readonly computing: number; readonly running: number };
  readonly #parties = new Map<string, Party>();
  #turn = 0;
  #running = 0;
  #computing = 0;
  #queued = 0;

  constructor(settings: TurnstileSettings) {
    this.#settings = settings;
    const { maxComputing, maxRunning } = settings;
    this.#most = {
      computing: maxComputing > 2 ? maxComputing - 1 : maxComputing,
      running: maxRunning > 3 ? Math.floor(maxRunning * 0.75) : maxRunning,
    };
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queued;
  }

  /** Of one party, those that wait for a tool included. */
  runningOf(name: string): number {
    return this.#parties.get(name)?.running ?? 0;
  }

  /** A place, at once or after a wait. Throws AppError `rate_limited` when the queue is full. */
  async enter(name: string, signal: AbortSignal): Promise<Slot> {
    const party = this.#party(name);
    if (party.queue.length === 0 && this.#hasRoom(party)) return this.#slot(name, party);
    if (this.#queued >= this.#settings.maxQueued) this.#makeWay(name, party);
    return await new Promise((resolve, reject) => {
      const settled = (): void => signal.removeEventListener('abort', leave);
      const waiter: Waiter = {
        admit: (slot) => {
          settled();
          resolve(slot);
        },
        refuse: (error) => {
          settled();
          reject(error);
        },
      };
      const leave = (): void => {
        const at = party.queue.indexOf(waiter);
        if (at >= 0) {
          party.queue.splice(at, 1);
          this.#queued--;
          this.#forget(name, party);
        }
        reject(new Error('aborted'));
      };
      signal.addEventListener('abort', leave, { once: true });
      party.queue.push(waiter);
      this.#queued++;
    });
  }

  /** Refuses all who wait. */
  close(error: Error): void {
    for (const [name, party] of this.#parties) {
      for (const waiter of party.queue.splice(0)) waiter.refuse(error);
      this.#forget(name, party);
    }
    this.#queued = 0;
  }

  #party(name: string): Party {
    const known = this.#parties.get(name);
    if (known) return known;
    // Before whoever was let in last, after those who have waited longer.
    const party: Party = { running: 0, computing: 0, turn: this.#turn - 0.5, queue: [] };
    this.#parties.set(name, party);
    return party;
  }

  #forget(name: string, party: Party): void {
    if (party.running === 0 && party.queue.length === 0) this.#parties.delete(name);
  }

  #makeWay(name: string, party: Party): void {
    let longest = party;
    for (const other of this.#parties.values()) if (other.queue.length > longest.queue.length) longest = other;
    if (longest.queue.length <= party.queue.length + 1) {
      this.#forget(name, party);
      throw fullError();
    }
    longest.queue.pop()?.refuse(fullError());
    this.#queued--;
  }

  #hasRoom(party: Party): boolean {
    const { maxRunning, maxComputing } = this.#settings;
    return (
      this.#running < maxRunning &&
      this.#computing < maxComputing &&
      party.running < this.#most.running &&
      party.computing < this.#most.computing
    );
  }

  #slot(name: string, party: Party): Slot {
    party.turn = ++this.#turn;
    this.#running++;
    party.running++;
    let computing = false;
    const set = (next: boolean): void => {
      if (computing === next) return;
      computing = next;
      this.#computing += next ? 1 : -1;
      party.computing += next ? 1 : -1;
    };
    set(true);
    let released = false;
    return {
      waiting: (isWaiting) => {
        if (released) return;
        set(!isWaiting);
        this.#admit();
      },
      release: () => {
        if (released) return;
        released = true;
        this.#running--;
        party.running--;
        set(false);
        this.#forget(name, party);
        this.#admit();
      },
    };
  }

  #admit(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const [name, party] = next;
      this.#queued--;
      party.queue.shift()?.admit(this.#slot(name, party));
    }
  }

  #next(): [string, Party] | undefined {
    let next: [string, Party] | undefined;
    for (const entry of this.#parties) {
      const [, party] = entry;
      if (party.queue.length === 0 || !this.#hasRoom(party)) continue;
      if (!next || party.turn < next[1].turn) next = entry;
    }
    return next;
  }
}

const fullError = (): AppError =>
  new AppError('rate_limited', 'Too many runs are waiting. Try again in a moment.', { retryAfterSeconds: 2 });
