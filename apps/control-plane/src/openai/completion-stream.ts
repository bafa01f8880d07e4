import { createChunks, type AnswerStart, type ChatAnswer, type Chunks, type Delta } from '@switchyard/chat';
import type { FastifyReply } from 'fastify';

const KEEP_ALIVE_MS = 15_000;
/** A reader that leaves this much unread is cut off: an answer must not lose a piece, and must not fill the memory. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export interface StreamOptions {
  readonly includeUsage: boolean;
  /** Seconds since 1970. */
  readonly created: number;
  /** Of the moment when the stream opens. */
  readonly headers: () => Readonly<Record<string, string>>;
}

/**
 * An answer as OpenAI streams it. It opens with the first word, so that what goes wrong before is a status and not an
 * event; or after a while, so that nothing on the way takes the silence for an end.
 */
export class CompletionStream {
  readonly #begun = new Set<number>();
  #chunks: Chunks | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #isOpen = false;

  constructor(
    readonly reply: FastifyReply,
    readonly options: StreamOptions,
  ) {}

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { raw } = this.reply;
    this.reply.hijack();
    raw.on('error', () => undefined); // a client that went away: 'close' has told the context already
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...this.options.headers(),
    });
    raw.flushHeaders();
    this.#keepAlive = setInterval(() => raw.write(': keep-alive\n\n'), KEEP_ALIVE_MS);
    raw.on('close', () => clearInterval(this.#keepAlive));
  }

  delta(start: AnswerStart, delta: Delta, source: Pick<ChatAnswer, 'model' | 'extras'>): void {
    this.#begin(start, source, delta.index);
    this.#write(this.#chunks?.delta(delta));
  }

  end(answer: ChatAnswer): void {
    answer.choices.forEach((_choice, index) => this.#begin(answer, answer, index));
    answer.choices.forEach(({ finishReason }, index) => this.#write(this.#chunks?.finish(index, finishReason)));
    if (this.options.includeUsage) this.#write(this.#chunks?.usage(answer.usage));
    this.#close('data: [DONE]\n\n');
  }

  /** An error when the status has gone out already: as an event, as OpenAI's clients read it. */
  fail(body: object): void {
    this.#close(`data: ${JSON.stringify(body)}\n\n`);
  }

  /** Every choice begins with its role. */
  #begin({ id }: AnswerStart, { model, extras }: Pick<ChatAnswer, 'model' | 'extras'>, index: number): void {
    this.open();
    this.#chunks ??= createChunks({ id, created: this.options.created, model, extras }, this.options.includeUsage);
    if (this.#begun.has(index)) return;
    this.#begun.add(index);
    this.#write(this.#chunks.role(index));
  }

  #write(chunk: object | undefined): void {
    const { raw } = this.reply;
    if (!chunk || raw.destroyed) return;
    if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy();
    else raw.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }

  #close(last: string): void {
    clearInterval(this.#keepAlive);
    if (!this.reply.raw.destroyed) this.reply.raw.end(last);
  }
}
