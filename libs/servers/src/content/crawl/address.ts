/** Longer ones are traps, and would not fit an index. */
const MOST_CHARS = 2_000;
/** The same part of a path again and again is a loop: /a/b/a/b/a/b. */
const MOST_REPEATS = 3;
const MOST_PARTS = 20;
/** They say where a visitor came from, not what is there. */
const TRACKING = /^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|sessionid|phpsessid|jsessionid|sid)$/i;
/** Never a page of text. */
const NO_PAGE =
  /\.(?:jpe?g|png|gif|webp|avif|svg|ico|css|js|mjs|map|woff2?|ttf|otf|eot|mp[34]|m4[av]|webm|ogg|wav|avi|mov|pdf|docx?|xlsx?|pptx?|zip|gz|tgz|rar|7z|exe|dmg|apk|iso|csv|json)$/i;

/** Two spellings of one address become one; undefined where it is no address of a page. */
export function pageAddress(text: string, base?: string): string | undefined {
  const url = URL.parse(text.trim(), base);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  url.hash = '';
  for (const name of [...url.searchParams.keys()]) if (TRACKING.test(name)) url.searchParams.delete(name);
  url.searchParams.sort();
  const address = url.href.replace(/\?$/, '');
  return address.length > MOST_CHARS || NO_PAGE.test(url.pathname) || isLoop(url.pathname) ? undefined : address;
}

/** A host with and without www., over http and https, is one site; another port is another site. */
export const siteOf = (address: string): string => new URL(address).host.replace(/^www\./, '');

function isLoop(pathname: string): boolean {
  const parts = pathname.split('/').filter((part) => part !== '');
  if (parts.length > MOST_PARTS) return true;
  const counts = new Map<string, number>();
  for (const part of parts) counts.set(part, (counts.get(part) ?? 0) + 1);
  return [...counts.values()].some((count) => count > MOST_REPEATS);
}

/** Addresses that differ in their query alone: of these a site can make as many as it likes. */
export const pathOf = (address: string): string => address.replace(/\?.*$/, '');
