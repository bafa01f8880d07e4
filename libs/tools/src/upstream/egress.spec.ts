import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEgressGuard } from './egress.ts';

describe('createEgressGuard', () => {
  const names: Record<string, string[]> = {
    'public.example': ['93.184.215.14'],
    'private.example': ['10.1.2.3'],
    'rebinding.example': ['93.184.215.14', '127.0.0.1'],
    'mapped.example': ['::ffff:169.254.169.254'],
    'db.corp': ['10.9.9.9'],
    localhost: ['127.0.0.1', '::1'],
  };
  const guard = createEgressGuard({
    allow: ['*.corp', '192.168.7.0/24', '127.0.0.1:5999', 'fd12::/16'],
    resolve: async (name) => names[name] ?? [],
  });
  afterAll(() => guard.close());

  it.each([
    ['http://127.0.0.1/', 'loopback'],
    ['http://127.0.0.1:5998/', 'loopback on a port that is not the allowed one'],
    ['http://2130706433/', 'loopback as one number'],
    ['http://0x7f.1/', 'loopback in hexadecimal'],
    ['http://localhost/', 'loopback by name'],
    ['http://localhost./', 'loopback by absolute name'],
    ['http://[::1]/', 'IPv6 loopback'],
    ['http://[::ffff:10.0.0.1]/', 'private inside IPv6'],
    ['http://[64:ff9b::a00:1]/', 'private behind NAT64'],
    ['http://[2002:7f00:1::]/', '6to4'],
    ['http://[fe80::1]/', 'IPv6 link-local'],
    ['http://[fd00:ec2::254]/', 'metadata over IPv6'],
    ['http://169.254.169.254/latest/meta-data', 'metadata'],
    ['http://168.63.129.16/', 'Azure wire server'],
    ['http://100.100.100.200/', 'carrier-grade NAT, a metadata address'],
    ['http://10.0.0.1/', 'private'],
    ['http://172.16.0.1/', 'private'],
    ['http://192.168.0.1/', 'private'],
    ['http://0.0.0.0/', 'unspecified'],
    ['http://224.0.0.1/', 'multicast'],
    ['http://255.255.255.255/', 'broadcast'],
    ['https://private.example/', 'a name of a private address'],
    ['https://rebinding.example/', 'one private address among public ones'],
    ['https://mapped.example/', 'metadata inside IPv6 by name'],
    ['file:///etc/passwd', 'a file'],
    ['ftp://public.example/', 'another protocol'],
  ])('refuses %s: %s', async (url) => {
    await expect(guard.check(url)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it.each([
    ['https://public.example/'],
    ['https://93.184.215.14/'],
    ['http://[2606:2800:220:1::1]/'],
    ['http://db.corp:5432/'],
    ['http://192.168.7.9/'],
    ['http://127.0.0.1:5999/'],
    ['http://[fd12::1]/'],
  ])('lets %s through', async (url) => {
    await expect(guard.check(url)).resolves.toBeUndefined();
  });

  it('refuses credentials in a URL and says where they belong', async () => {
    await expect(guard.check('https://user:word@public.example/')).rejects.toThrow(/secret/);
  });

  it('says that a name does not resolve', async () => {
    await expect(guard.check('https://nowhere.example/')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the guarded fetch', () => {
  let hits: string[] = [];
  const server = http.createServer((request, response) => {
    hits.push(request.url ?? '');
    const port = (server.address() as AddressInfo).port;
    if (request.url === '/to-loopback') response.writeHead(302, { location: `http://127.0.0.2:${port}/secret` });
    if (request.url === '/to-name') response.writeHead(302, { location: `http://inner.example:${port}/secret` });
    response.end('hello');
  });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise<void>((done) => server.close(() => done())));

  const guard = createEgressGuard({
    allow: ['outer.example'],
    resolve: async (name) => (name === 'outer.example' || name === 'inner.example' ? ['127.0.0.1'] : []),
  });
  afterAll(() => guard.close());

  it('connects to the address that was checked and keeps the name in the Host header', async () => {
    const response = await guard.fetch(`http://outer.example:${port}/plain`);
    expect(await response.text()).toBe('hello');
  });

  it.each(['/to-loopback', '/to-name'])('refuses a redirect inwards: %s', async (path) => {
    hits = [];
    await expect(guard.fetch(`http://outer.example:${port}${path}`)).rejects.toMatchObject({ code: 'forbidden' });
    expect(hits).toEqual([path]);
  });

  it('refuses before a byte is sent', async () => {
    hits = [];
    await expect(guard.fetch(`http://127.0.0.1:${port}/secret`)).rejects.toMatchObject({ code: 'forbidden' });
    expect(hits).toEqual([]);
  });
});
