/** What can go wrong with analytics, for code to tell apart. */
export const ANALYTICS_ERRORS = ['bad_span', 'bad_grouping', 'conversation_not_found', 'too_many_events'] as const;
type AnalyticsErrorCode = (typeof ANALYTICS_ERRORS)[number];

/** The message is for whoever asked. */
export class AnalyticsError extends Error {
  override readonly name = 'AnalyticsError';
  readonly code: AnalyticsErrorCode;

  constructor(code: AnalyticsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
