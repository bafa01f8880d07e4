import { AppError } from '@switchyard/kernel';
import { z } from 'zod';

/** What happens when the code arm cannot answer. */
export const ON_CODE_FAILURE = ['fall_back', 'answer_error'] as const;
export type OnCodeFailure = (typeof ON_CODE_FAILURE)[number];

export interface ChatSettings {
  /** Undefined: the operator's. */
  readonly endpoint: { readonly id: string; readonly baseUrl: string; readonly model: string | null } | undefined;
  readonly onCodeFailure: OnCodeFailure;
  readonly maxMends: number;
}

export const DEFAULT_SETTINGS: ChatSettings = { endpoint: undefined, onCodeFailure: 'fall_back', maxMends: 2 };

const Change = z.strictObject({
  baseUrl: z.union([z.url({ protocol: /^https?$/ }).max(2_000), z.null()]).optional(),
  model: z.string().min(1).max(200).nullable().optional(),
  apiKey: z.string().min(1).max(4_000).nullable().optional(),
  onCodeFailure: z.enum(ON_CODE_FAILURE).optional(),
  maxMends: z.number().int().min(0).max(5).optional(),
});
/** What is absent stays as it is; null goes back to the operator's endpoint, or takes the key away. */
export type ChatSettingsChange = z.input<typeof Change>;

/** Throws AppError `unprocessable` with the field's path. */
export function parseSettingsChange(change: unknown): z.infer<typeof Change> {
  const parsed = Change.safeParse(change);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new AppError('unprocessable', `${first?.path.join('.') ?? ''}: ${first?.message ?? 'not acceptable'}`, {
    path: first?.path.join('.') ?? '',
  });
}
