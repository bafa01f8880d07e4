import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Span, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type IdGenerator,
} from '@opentelemetry/sdk-trace';
import { AppError, type Ctx, type SpanRef } from '@switchyard/kernel';
import { clean, nameOf, type EventName, type SpanFacts, type SpanName } from './span-facts.ts';

export interface TracingOptions {
  readonly version: string;
  /** Where spans are sent, as OTLP over HTTP; missing, nothing is traced and a span costs nothing. */
  readonly exporter?:
    | {
        /** Of the collector: `/v1/traces` is added. */
        readonly endpoint: string;
        readonly headers: Readonly<Record<string, string>>;
        /** Of the traces that begin here, 0 to 1; one that began elsewhere is as its beginner said. */
        readonly ratio: number;
        readonly serviceName: string;
      }
    | undefined;
}

export interface SpanStart {
  readonly name: SpanName;
  readonly kind: 'server' | 'client' | 'internal';
  readonly facts?: SpanFacts;
  /** Of what comes from elsewhere: the span there that this one is a part of. */
  readonly remote?: SpanRef | undefined;
}

/** What is known only once it has happened. */
export interface OpenSpan {
  named(name: SpanName): void;
  set(facts: SpanFacts): void;
  /** It went wrong: a code of ours, never a message. */
  failed(code: string): void;
}

/** A span that somebody else ends. */
export interface HeldSpan extends OpenSpan {
  readonly ref: SpanRef;
  end(): void;
}

export interface Tracing {
  readonly isOn: boolean;
  /** The work as a span: it gets the context that the span is in. What it throws is thrown, and marks the span by its code. */
  span<T, C extends Of>(ctx: C, start: SpanStart, work: (ctx: C, span: OpenSpan) => Promise<T>): Promise<T>;
  /** Undefined where nothing is traced. */
  begin(of: Of, start: SpanStart): HeldSpan | undefined;
  /** Something that has happened already. */
  past(
    of: Of,
    start: SpanStart,
    how: { readonly startedAt: Date; readonly durationMs: number; readonly error?: string | undefined },
  ): void;
  /** Within the span of the context; in one of its own where there is none. */
  event(of: Of, name: EventName, facts: SpanFacts): void;
  /** Sends what has not been sent, for three seconds at most. Never rejects. */
  close(): Promise<void>;
}

type Of = Pick<Ctx, 'traceId' | 'span'>;

/** One batch, with what is tried again of it. */
const SENDING_MS = 5_000;
const LAST_SENDING_MS = 3_000;
const NO_TRACE = '0'.repeat(32);
const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;
const NO_SPAN: OpenSpan = { named: () => undefined, set: () => undefined, failed: () => undefined };
const OFF: Tracing = {
  isOn: false,
  span: (ctx, _start, work) => work(ctx, NO_SPAN),
  begin: () => undefined,
  past: () => undefined,
  event: () => undefined,
  close: async () => undefined,
};

/** Traces that begin here have the id that answers and the log give, so that one finds the other. */
class TraceIds implements IdGenerator {
  /** Of the trace that begins next; taken at once, within the same turn of the event loop. */
  wanted: string | undefined;

  generateTraceId(): string {
    const wanted = this.wanted;
    this.wanted = undefined;
    return wanted === undefined || wanted === NO_TRACE ? randomBytes(16).toString('hex') : wanted;
  }

  generateSpanId(): string {
    return randomBytes(8).toString('hex');
  }
}

export function createTracing({ version, exporter }: TracingOptions): Tracing {
  if (!exporter) return OFF;
  const { endpoint, headers, ratio, serviceName } = exporter;
  const ids = new TraceIds();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
          headers: { ...headers },
          timeoutMillis: SENDING_MS,
        }),
      }),
    ],
  });
  return new Traces(provider.getTracer('switchyard', version), ids, () => briefly(provider.shutdown()));
}

/** A collector that is away, or hangs, keeps nobody from stopping. */
async function briefly(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, LAST_SENDING_MS)));
  await Promise.race([work.catch(() => undefined), enough]);
  clearTimeout(timer);
}

class Traces implements Tracing {
  readonly isOn = true;
  readonly #open = new WeakMap<SpanRef, Span>();

  constructor(
    readonly tracer: Tracer,
    readonly ids: TraceIds,
    readonly close: () => Promise<void>,
  ) {}

  async span<T, C extends Of>(ctx: C, start: SpanStart, work: (ctx: C, span: OpenSpan) => Promise<T>): Promise<T> {
    const span = this.#start(ctx, start);
    const { traceId } = span.spanContext();
    try {
      return await work({ ...ctx, traceId, span: this.#refOf(span) }, opened(span));
    } catch (thrown) {
      fail(span, thrown instanceof AppError ? thrown.code : 'internal');
      throw thrown;
    } finally {
      span.end();
    }
  }

  begin(of: Of, start: SpanStart): HeldSpan {
    const span = this.#start(of, start);
    return { ...opened(span), ref: this.#refOf(span), end: () => span.end() };
  }

  past(
    of: Of,
    start: SpanStart,
    {
      startedAt,
      durationMs,
      error,
    }: { readonly startedAt: Date; readonly durationMs: number; readonly error?: string | undefined },
  ): void {
    const span = this.#start(of, start, startedAt);
    if (error !== undefined) fail(span, error);
    span.end(startedAt.getTime() + Math.max(0, durationMs));
  }

  event(of: Of, name: EventName, facts: SpanFacts): void {
    const open = of.span && this.#open.get(of.span);
    if (open) return void open.addEvent(name, clean(facts));
    const span = this.#start(of, { name: [name], kind: 'internal' });
    span.addEvent(name, clean(facts));
    span.end();
  }

  #start({ traceId, span: of }: Of, { name, kind, facts, remote }: SpanStart, startTime?: Date): Span {
    const parent = remote ?? of;
    this.ids.wanted = parent ? undefined : traceId;
    const inside = parent
      ? trace.setSpanContext(ROOT_CONTEXT, {
          traceId,
          spanId: parent.id,
          traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
          isRemote: remote !== undefined,
        })
      : ROOT_CONTEXT;
    const options = { kind: KINDS[kind], attributes: clean(facts ?? {}), ...(startTime ? { startTime } : {}) };
    return this.tracer.startSpan(nameOf(name), options, inside);
  }

  #refOf(span: Span): SpanRef {
    const { spanId, traceFlags } = span.spanContext();
    const ref = { id: spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
    this.#open.set(ref, span);
    return ref;
  }
}

const opened = (span: Span): OpenSpan => ({
  named: (name) => void span.updateName(nameOf(name)),
  set: (facts) => void span.setAttributes(clean(facts)),
  failed: (code) => fail(span, code),
});

function fail(span: Span, code: string): void {
  span.setAttributes(clean({ 'error.type': code }));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
