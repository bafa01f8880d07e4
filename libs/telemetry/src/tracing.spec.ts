import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError, systemCtx, type Ctx, type TenantId } from '@switchyard/kernel';
import { createTracing, type Tracing } from './tracing.ts';

const TRACE = 'ab'.repeat(16);
const ctx: Ctx = { ...systemCtx('0197a000-0000-7000-8000-000000000001' as TenantId), traceId: TRACE };
const RUN = { name: ['run'], kind: 'internal' } as const;

describe('tracing', () => {
  let server: http.Server | undefined;
  let tracing: Tracing | undefined;
  const bodies: string[] = [];

  /** A collector over real HTTP; one that hangs takes everything and says nothing. */
  async function open({ ratio = 1, hangs = false } = {}): Promise<Tracing> {
    server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        bodies.push(body);
        if (!hangs) response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return (tracing = createTracing({ version: '1', exporter: { endpoint, headers: {}, ratio, serviceName: 'spec' } }));
  }
  afterEach(async () => {
    await tracing?.close();
    tracing = undefined;
    server?.closeAllConnections();
    server?.close();
    bodies.length = 0;
  });

  it('where it is off the work gets its own context, and what it throws is thrown', async () => {
    const off = createTracing({ version: '1' });
    expect(await off.span(ctx, RUN, async (inner) => inner)).toBe(ctx);
    await expect(off.span(ctx, RUN, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(off.begin(ctx, RUN)).toBeUndefined();
  });

  it('a trace that begins here has the id of the context, and each span is within the one before', async () => {
    const on = await open();
    const [outer, inner] = await on.span(ctx, RUN, async (first) => [
      first,
      await on.span(first, { name: ['tools/call', 'getOrder'], kind: 'client' }, async (second) => second),
    ]);
    expect([outer.traceId, inner.traceId]).toEqual([TRACE, TRACE]);
    await on.close();
    const [spans] = JSON.parse(bodies.join('')).resourceSpans.map((one: any) => one.scopeSpans[0].spans); // eslint-disable-line @typescript-eslint/no-explicit-any -- as it came
    expect(spans).toEqual([
      expect.objectContaining({ name: 'tools/call getOrder', spanId: inner.span?.id, parentSpanId: outer.span?.id }),
      expect.objectContaining({ name: 'run', spanId: outer.span?.id, traceId: TRACE }),
    ]);
  });

  it('an error leaves as its code, never as its words', async () => {
    const on = await open();
    const refused = new AppError('rate_limited', 'ann@example.com has to wait');
    await expect(on.span(ctx, RUN, () => Promise.reject(refused))).rejects.toBe(refused);
    await expect(on.span(ctx, RUN, () => Promise.reject(new Error('the card of Ann')))).rejects.toThrow('card');
    await on.close();
    expect(bodies.join('')).toContain('rate_limited');
    expect(bodies.join('')).toContain('internal');
    expect(bodies.join('')).not.toMatch(/ann|card/i);
  });

  it('what is not sampled is not sent, and whoever is called is told so', async () => {
    const on = await open({ ratio: 0 });
    const inner = await on.span(ctx, RUN, async (first) => first);
    expect(inner.span).toEqual({ id: expect.stringMatching(/^[0-9a-f]{16}$/), sampled: false });
    const remote = { id: 'ab'.repeat(8), sampled: true };
    expect((await on.span(ctx, { ...RUN, remote }, async (first) => first)).span?.sampled).toBe(true); // as its beginner said
    await on.close();
    expect(JSON.parse(bodies.join('')).resourceSpans[0].scopeSpans[0].spans).toHaveLength(1);
  });

  it('a collector that hangs keeps nobody from stopping', async () => {
    const on = await open({ hangs: true });
    await on.span(ctx, RUN, async () => undefined);
    const began = performance.now();
    await on.close();
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(bodies).toHaveLength(1);
  });
});
