import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitForPort } from './port.ts';

const HOST = '127.0.0.1';

describe('the port', () => {
  let holder: net.Server | undefined;
  afterEach(() => void holder?.close());
  const hold = (): Promise<number> =>
    new Promise((resolve) => {
      const server = net.createServer().listen(0, HOST, () => resolve((server.address() as net.AddressInfo).port));
      holder = server;
    });

  it('that is in use is named, with what to do', async () => {
    const port = await hold();
    await expect(waitForPort(port, HOST, 0)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(new RegExp(`^Port ${port} of 127.0.0.1 is in use .* PORT`)),
    });
  });

  it('that becomes free is waited for, and left free', async () => {
    const port = await hold();
    setTimeout(() => holder?.close(), 150);
    await waitForPort(port, HOST);
    await waitForPort(port, HOST, 0);
  });

  it('on an address that this machine has not is refused at once', async () => {
    await expect(waitForPort(0, '192.0.2.1')).rejects.toMatchObject({ message: expect.stringContaining('set HOST') });
  });
});
