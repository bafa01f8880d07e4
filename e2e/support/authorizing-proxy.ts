import http from 'node:http';

export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Passes requests on as they are, with an Authorization header: for programs that cannot send one. */
export async function startAuthorizingProxy(port: number, target: string, key: string): Promise<Proxy> {
  const { hostname, port: targetPort } = new URL(target);
  const server = http.createServer((request, response) => {
    const onward = http.request(
      {
        hostname,
        port: targetPort,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, authorization: `Bearer ${key}` },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
