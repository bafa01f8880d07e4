import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '@switchyard/kernel';
import { startFakeEndpoint, type FakeEndpoint } from '@switchyard/testkit';
import { createOpenAiModel, type Fetch } from './openai-model.ts';
import { recordingFetch, replayingFetch } from './tape.ts';

const KEY = 'sk-on-no-tape';
const ctx = { signal: new AbortController().signal };
const ask = (content: string) => ({ model: 'fake-1', messages: [{ role: 'user' as const, content }] });

describe('a recording of model calls', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-tape-'));
  const file = path.join(folder, 'tape.jsonl');
  let endpoint: FakeEndpoint;
  const modelOver = (fetch: Fetch) =>
    createOpenAiModel({
      target: { provider: 'fake', baseUrl: endpoint.baseUrl, defaultModel: 'x', scripted: false, guarded: false },
      apiKey: KEY,
      fetch,
      clock: systemClock,
      limits: { retries: 0 },
    });
  beforeAll(async () => {
    endpoint = await startFakeEndpoint();
  });
  afterAll(async () => {
    await endpoint.close();
    rmSync(folder, { recursive: true });
  });

  it('plays what was recorded, streamed and not, and reaches nothing', async () => {
    const recorded = modelOver(recordingFetch(fetch, file, [KEY]));
    endpoint.reply(
      { text: `I know ${KEY} and ada@example.com` },
      { text: 'Two.' },
      { calls: [{ name: 'look', args: { a: 1 } }] },
    );
    await recorded.complete(ctx, ask('private question one'));
    await recorded.complete(ctx, ask('private question one'));
    await recorded.complete(ctx, ask('streamed'), () => undefined);
    for (let waited = 0; readFileSync(file, 'utf8').split('\n').length < 4 && waited < 2_000; waited += 10)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const tape = readFileSync(file, 'utf8');
    expect(tape).not.toMatch(/sk-on-no-tape|ada@example|private question/);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const before = endpoint.requests.length;
    const played = modelOver(replayingFetch(file));
    const first = await played.complete(ctx, ask('private question one'));
    expect(first.choices[0]?.message.content).toMatch(/^I know \[\w+\] and \[EMAIL_1\]$/);
    expect((await played.complete(ctx, ask('private question one'))).choices[0]?.message.content).toBe('Two.');
    const streamed = await played.complete(ctx, ask('streamed'), () => undefined);
    expect(streamed.choices[0]?.calls).toEqual([{ id: 'call_look_0', name: 'look', arguments: '{"a":1}' }]);
    await expect(played.complete(ctx, ask('never asked'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(endpoint.requests.length).toBe(before);
  });

  it('says of another file that it is none', () => {
    const other = path.join(folder, 'other');
    writeFileSync(other, 'hello\n');
    expect(() => replayingFetch(other)).toThrow('is not a recording');
  });
});
