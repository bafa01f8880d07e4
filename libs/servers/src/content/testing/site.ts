import http from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A site on this machine, for tests: pages by path, and a record of who asked for what. */
export interface TestSite {
  readonly url: string;
  readonly port: number;
  readonly asked: { readonly path: string; readonly headers: http.IncomingHttpHeaders; readonly atMs: number }[];
  /** HTML, or a handler. */
  readonly pages: Map<string, string | Answer>;
  /** The most requests at the same time so far. */
  busiest(): number;
  close(): Promise<void>;
}

/** A page of one article; `links` stand at its end. */
export const article = (title: string, body: string, links: readonly string[] = []): string => `<!doctype html>
<html lang="en"><head><title>${title}</title></head><body>
<nav><a href="/">Home of the menu</a></nav>
<main><article><h1>${title}</h1>${body}</article></main>
<ul>${links.map((link) => `<li><a href="${link}">${link}</a></li>`).join('')}</ul>
<footer>Imprint of the footer</footer></body></html>`;

export async function startTestSite(): Promise<TestSite> {
  const asked: TestSite['asked'] = [];
  const pages = new Map<string, string | Answer>();
  let open = 0;
  let most = 0;
  const server = http.createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push({ path, headers: request.headers, atMs: performance.now() });
    most = Math.max(most, ++open);
    response.on('close', () => open--);
    const page = pages.get(path);
    if (page === undefined) return void response.writeHead(404).end('nothing here');
    if (typeof page === 'function') return page(request, response);
    const etag = `"${Buffer.from(page).toString('base64').slice(-40)}${page.length}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', etag }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    pages,
    busiest: () => most,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
