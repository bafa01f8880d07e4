import parse from 'robots-parser';

/** By which sites know us in their robots.txt and in their logs. */
export const AGENT = 'SwitchyardBot';

export interface Robots {
  allows(address: string): boolean;
  /** Between two requests; 0 where nothing is asked for. */
  readonly delayMs: number;
  readonly sitemaps: readonly string[];
}

type Parse = (
  url: string,
  text: string,
) => {
  isAllowed(url: string, agent?: string): boolean | undefined;
  getCrawlDelay(agent?: string): number | undefined;
  getSitemaps(): string[];
};

/** What a site's robots.txt lets us do; an empty text forbids nothing. */
export function robotsOf(origin: string, text: string): Robots {
  const found = (parse as unknown as Parse)(`${origin}/robots.txt`, text);
  return {
    allows: (address) => found.isAllowed(address, AGENT) !== false,
    delayMs: Math.max(0, (found.getCrawlDelay(AGENT) ?? 0) * 1_000),
    sitemaps: found.getSitemaps().slice(0, 50),
  };
}
