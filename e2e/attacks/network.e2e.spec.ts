import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEscaped, type Escaped } from './support/sandbox-process.ts';
import { Target, threw } from './support/target.ts';

const address = (server: net.Server): number => {
  const found = server.address();
  if (found === null || typeof found === 'string') throw new Error('no port');
  return found.port;
};
const outside = (): string | undefined =>
  Object.values(os.networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address;

describe('the network', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchyard-attack-'));
  const visits: string[] = [];
  const servers: net.Server[] = [];
  const datagrams = dgram.createSocket('udp4');
  let target: Target;
  let port = 0;
  let postgres = 0;
  /** Whoever comes is noted: what the attacker is told proves nothing. */
  const serve = async (name: string, place: object): Promise<net.Server> => {
    const server = net.createServer((socket) => {
      visits.push(name);
      socket
        .on('error', () => undefined)
        .end('HTTP/1.1 200 OK\r\ncontent-type: text/javascript\r\ncontent-length: 16\r\n\r\nexport default 1');
    });
    servers.push(server);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(place, resolve));
    return server;
  };

  beforeAll(async () => {
    fs.chmodSync(folder, 0o755);
    target = await Target.start();
    port = address(await serve('tcp', { port: 0, host: '0.0.0.0' }));
    await serve('unix socket', { path: path.join(folder, 'open.sock') });
    fs.chmodSync(path.join(folder, 'open.sock'), 0o777);
    await serve('abstract socket', { path: `\0${target.mark}` });
    datagrams.on('message', () => void visits.push('udp'));
    await new Promise<void>((resolve) => datagrams.bind(0, '0.0.0.0', resolve));
    postgres = Number(new URL(target.switchyard.cli('db', 'url')).port);
    expect(postgres).toBeGreaterThan(0);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    await new Promise<void>((resolve) => datagrams.close(resolve));
    await target.end();
    fs.rmSync(folder, { recursive: true });
    expect(visits).toEqual([]);
  }, 60_000);

  it.each([
    (url: string) => `fetch('${url}').then((answer) => answer.text())`,
    (url: string) => `new XMLHttpRequest().open('GET', '${url}', false)`,
    (url: string) => `new WebSocket('${url.replace('http', 'ws')}')`,
    (url: string) => `new WebSocketStream('${url.replace('http', 'ws')}').opened`,
    (url: string) => `new EventSource('${url}')`,
    (url: string) => `new WebTransport('${url}')`,
    (url: string) => `navigator.sendBeacon('${url}', 'x')`,
    (url: string) => `import('${url}/x.js?leak=1')`,
    (url: string) => `arguments[0].refuseLater('${url}/x.js?leak=1')`,
    (url: string) => `new Worker('${url}/x.js', { type: 'module' })`,
    (url: string) => `importScripts('${url}/x.js')`,
    (url: string) => `Deno.connect({ hostname: '127.0.0.1', port: ${new URL(url).port} })`,
    (url: string) => `Deno.connectTls({ hostname: '127.0.0.1', port: ${new URL(url).port} })`,
    (url: string) => `Deno.resolveDns('${new URL(url).hostname}', 'A')`,
    (url: string) => `Deno.listen({ port: ${new URL(url).port} })`,
    (url: string) => `new Request('${url}').text()`,
    (url: string) => `new Response('x').clone().body.pipeTo(new WebSocketStream('${url}').writable)`,
    (url: string) => `require('http').get('${url}')`,
    (url: string) => `process.getBuiltinModule('net').connect(${new URL(url).port})`,
    (url: string) => `new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:${new URL(url).port}' }] })`,
    (url: string) => `caches.open('x').then((cache) => cache.add('${url}'))`,
    (url: string) => `new BroadcastChannel('${url}').postMessage('x')`,
    (url: string) => `WebAssembly.instantiateStreaming(fetch('${url}'))`,
  ])('code cannot reach it: %s', async (reach) => {
    expect(await target.attempt(reach(`http://127.0.0.1:${port}`))).toEqual(threw);
  });

  it.each([
    (url: string) => `import '${url}/x.js?leak=1'; return 1;`,
    (url: string) => `import text from '${url}/x.js' with { type: 'text' }; return text;`,
    (url: string) => `export * from '${url}/x.js';`,
    (url: string) => `import { x } from 'servers/${url}'; return x({});`,
  ])('an import is no request: %s', async (make) => {
    const body = await target.run(make(`http://127.0.0.1:${port}`));
    expect(['failed', 'rejected']).toContain(body.status);
  });

  it('what may be named is no way out: addresses, forms, streams', async () => {
    const url = `http://127.0.0.1:${port}`;
    const body = await target.run(`
      const headers = new Headers({ host: '${url}' });
      const form = new FormData(); form.set('file', new Blob(['${url}']));
      new URLPattern('${url}/*').test('${url}/x');
      new EventTarget().dispatchEvent(new CustomEvent('${url}'));
      await new Blob(['${url}']).stream().pipeTo(new WritableStream());
      return [new URL('${url}').host, [...headers].length, [...form.keys()].length];`);
    expect(body).toMatchObject({ status: 'done', result: [`127.0.0.1:${port}`, 1, 1] });
  });

  describe('code that got out of Deno', () => {
    let escaped: Escaped;
    beforeAll(async () => {
      escaped = await startEscaped();
    });
    afterAll(() => escaped.close());

    const places = (): [string, string][] => [
      ['a server on the loopback', `Deno.connect({ hostname: '127.0.0.1', port: ${port} })`],
      ['by IPv6', `Deno.connect({ hostname: '::ffff:127.0.0.1', port: ${port} })`],
      ['a server on the outer address', `Deno.connect({ hostname: '${outside() ?? '10.255.255.1'}', port: ${port} })`],
      ['the database', `Deno.connect({ hostname: '127.0.0.1', port: ${postgres} })`],
      ['Switchyard', `fetch('${target.switchyard.url}/healthz')`],
      ['the metadata address', `Deno.connect({ hostname: '169.254.169.254', port: 80 })`],
      ['the internet', `Deno.connect({ hostname: '1.1.1.1', port: 443 })`],
      ['names', `Deno.resolveDns('example.com', 'A', { nameServer: { ipAddr: '1.1.1.1' } })`],
      [
        'a datagram',
        `Deno.listenDatagram({ port: 0, transport: 'udp', hostname: '0.0.0.0' }).send(new Uint8Array(1), { transport: 'udp', hostname: '${outside() ?? '10.255.255.1'}', port: ${datagrams.address().port} })`,
      ],
      ['a Unix socket', `Deno.connect({ transport: 'unix', path: '${path.join(folder, 'open.sock')}' })`],
      ['an abstract socket', `Deno.connect({ transport: 'unix', path: '\\0${target.mark}' })`],
      [
        "the executor's socket",
        `Deno.connect({ transport: 'unix', path: '${path.join(target.switchyard.home, 'executor')}' })`,
      ],
      ['raw packets', `c('socket', 17, 3, 0x300)`],
      ['raw IP', `c('socket', 2, 3, 1)`],
      [
        'the hypervisor',
        `(() => { const place = new Uint8Array(16); const view = new DataView(place.buffer); view.setUint16(0, 40, true); view.setUint32(4, ${port}, true); view.setUint32(8, 2, true); return c('connect', c('socket', 40, 1, 0), place, 16); })()`,
      ],
      ['a new network of its own', `c('unshare', 0x40000000)`],
    ];
    it('reaches nothing', async () => {
      if (!escaped.stands('namespaces')) return;
      const reached = await Promise.all(
        places().map(async ([name, expression]) => ({ name, answer: await escaped.attempt(expression) })),
      );
      expect(reached.filter(({ answer }) => !(Array.isArray(answer) && answer[0] === 'threw'))).toEqual([]);
      expect(visits).toEqual([]);
    });

    it('sees no interface but its own loopback', async () => {
      if (!escaped.stands('namespaces')) return;
      const answer = await escaped.attempt(`Deno.networkInterfaces().map(({ name }) => name)`);
      const [what, names] = answer as [string, string[] | string];
      if (what === 'got') expect([...new Set(names)]).toEqual(['lo']);
      else expect(answer).toEqual(threw);
    });
  });
});
