/**
 * What is read again in the background while it may still be used, so that nobody but the first waits for it. Times in
 * milliseconds; nothing older than `freshMs` is given out.
 */
export class Refreshed<Value> {
  #value: Promise<Value> | undefined;
  #readAt = -Infinity;
  #reading: Promise<Value> | undefined;

  readonly #freshMs: number;

  constructor(freshMs: number) {
    this.#freshMs = freshMs;
  }

  async get(nowMs: number, read: () => Promise<Value>): Promise<Value> {
    const age = nowMs - this.#readAt;
    const known = age < this.#freshMs && age >= 0 ? this.#value : undefined;
    if (!known || age > this.#freshMs / 2) this.#read(nowMs, read);
    return known ?? this.#reading ?? read();
  }

  forget(): void {
    this.#value = undefined;
    this.#reading = undefined;
    this.#readAt = -Infinity;
  }

  #read(nowMs: number, read: () => Promise<Value>): void {
    if (this.#reading) return;
    const reading = read();
    this.#reading = reading;
    reading.then(
      () => {
        if (this.#reading !== reading) return; // it was forgotten meanwhile
        this.#reading = undefined;
        this.#value = reading;
        this.#readAt = nowMs;
      },
      () => {
        if (this.#reading === reading) this.#reading = undefined;
      },
    );
  }
}
