import { Readability } from '@mozilla/readability';
import { DOMParser, parseHTML } from 'linkedom';

// This file runs in a thread of its own (reader-worker.ts): pages are strangers' input, and may take for ever.

export interface Section {
  readonly heading: string;
  readonly paragraphs: readonly string[];
}

export interface ReadPage {
  readonly title: string;
  /** As the page says: BCP 47. */
  readonly language: string | null;
  /** The address that the page calls its own, as written. */
  readonly canonical: string | null;
  readonly noIndex: boolean;
  readonly sections: readonly Section[];
  /** As written. */
  readonly links: readonly string[];
  readonly base: string | null;
}

export interface ReadSitemap {
  readonly pages: readonly string[];
  readonly sitemaps: readonly string[];
}

/** What is used of a node: the DOM's own types are a browser's, and not known here. */
interface HtmlNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly childNodes: Iterable<HtmlNode>;
}

const MOST_LINKS = 2_000;
const MOST_LISTED = 50_000;
const MOST_CHARS = 400_000;
const BLOCKS = new Set([
  'P',
  'LI',
  'PRE',
  'BLOCKQUOTE',
  'TD',
  'TH',
  'DD',
  'DT',
  'FIGCAPTION',
  'CAPTION',
  'DIV',
  'SECTION',
  'ARTICLE',
  'TR',
  'BR',
]);
const UNREAD = new Set([
  'TITLE',
  'SCRIPT',
  'STYLE',
  'NOSCRIPT',
  'TEMPLATE',
  'SVG',
  'NAV',
  'HEADER',
  'FOOTER',
  'FORM',
  'IFRAME',
  'BUTTON',
]);

/** What is to be read of a page: its main text under its headings, and where it leads. */
export function extractPage(html: string): ReadPage {
  const { document } = parseHTML(wholeOf(html));
  const attribute = (selector: string, name: string): string | null =>
    document.querySelector(selector)?.getAttribute(name)?.trim() || null;
  const robots =
    `${attribute('meta[name="robots" i]', 'content') ?? ''},${attribute('meta[name="switchyardbot" i]', 'content') ?? ''}`.toLowerCase();
  const links: string[] = [];
  if (!/nofollow|none/.test(robots))
    for (const link of document.querySelectorAll('a[href]')) {
      if (links.length === MOST_LINKS) break;
      const href = link.getAttribute('href') ?? '';
      if (!/\bnofollow\b/i.test(link.getAttribute('rel') ?? '') && href !== '' && !href.startsWith('#'))
        links.push(href);
    }
  const title = textOf(document.querySelector('title')) || textOf(document.querySelector('h1'));
  const facts = {
    language: document.documentElement?.getAttribute('lang')?.trim().slice(0, 35) || null,
    canonical: attribute('link[rel="canonical" i]', 'href'),
    noIndex: /noindex|none/.test(robots),
    links,
    base: attribute('base[href]', 'href'),
  };
  const whole = sectionsOf(document.documentElement, title);
  const article = new Readability(document as never, { charThreshold: 200 }).parse();
  const main = article?.content ? sectionsOf(parseHTML(wholeOf(article.content)).document.documentElement, title) : [];
  // Short pages, and lists of things, are no articles: then all of it is what there is.
  const sections = charsOf(main) * 4 > charsOf(whole) ? main : whole;
  return { ...facts, title: title.slice(0, 500) || (article?.title ?? '').slice(0, 500), sections };
}

/** The parser makes no page of a part of one. */
const wholeOf = (html: string): string =>
  /<html[\s>]/i.test(html) ? html : `<!doctype html><html><head></head><body>${html}</body></html>`;

/** Throws where the text is no sitemap. */
export function extractSitemap(xml: string): ReadSitemap {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const places = (parent: string): string[] => {
    const found: string[] = [];
    for (const node of document.querySelectorAll(`${parent} > loc`)) {
      if (found.length === MOST_LISTED) break;
      const place = node.textContent?.trim();
      if (place) found.push(place);
    }
    return found;
  };
  return { pages: places('url'), sitemaps: places('sitemap') };
}

const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim();
const textOf = (node: { textContent: string | null } | null): string =>
  squeezed(node?.textContent ?? '').slice(0, 1_000);
const charsOf = (sections: readonly Section[]): number =>
  sections.reduce((sum, { paragraphs }) => sum + paragraphs.reduce((chars, text) => chars + text.length, 0), 0);

/** In the order of the page, without recursion: a page may be nested as deeply as it likes. */
function sectionsOf(root: HtmlNode | null, title: string): Section[] {
  const sections: { heading: string; paragraphs: string[] }[] = [{ heading: '', paragraphs: [] }];
  let text = '';
  let chars = 0;
  const flush = (): void => {
    const paragraph = squeezed(text);
    text = '';
    if (paragraph !== '') sections.at(-1)?.paragraphs.push(paragraph);
  };
  const stack: (HtmlNode | 'end')[] = root ? [root] : [];
  for (let node = stack.pop(); node !== undefined && chars < MOST_CHARS; node = stack.pop()) {
    if (node === 'end') {
      flush();
      continue;
    }
    if (node.nodeType === 3) {
      const piece = node.textContent ?? '';
      chars += piece.length;
      text += piece;
      continue;
    }
    if (node.nodeType !== 1) continue;
    const name = node.nodeName.toUpperCase();
    if (UNREAD.has(name)) continue;
    if (/^H[1-6]$/.test(name)) {
      flush();
      const heading = textOf(node).slice(0, 300);
      if (heading !== '') sections.push({ heading: heading === title ? '' : heading, paragraphs: [] });
      continue;
    }
    if (BLOCKS.has(name)) {
      flush();
      stack.push('end');
    }
    const children = [...node.childNodes];
    for (let at = children.length - 1; at >= 0; at--) stack.push(children[at] as HtmlNode);
  }
  flush();
  return sections.filter(({ paragraphs }) => paragraphs.length > 0);
}
