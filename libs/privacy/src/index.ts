export { type CustomPattern } from './custom-pattern.ts';
export { bound, createMasker, type Bounded, type Masker, type MaskerOptions } from './masker.ts';
export {
  openPseudonyms,
  type HearReplaced,
  type PseudonymOptions,
  type Pseudonyms,
  type PseudonymStore,
} from './pseudonyms.ts';
export { createStreamRestorer, type StreamRestorer } from './stream.ts';
export type { MaskedCount } from './tenant/masked.store.ts';
export { createPrivacy, type Privacy, type PrivacyEvent, type PrivacyOptions, type Shield } from './tenant/privacy.ts';
export type { Sealed } from './tenant/sealed.store.ts';
export type { PrivacyChange, PrivacySettings } from './tenant/settings.ts';
export { hasToken, KINDS, OPTIONAL_KINDS, type Kind, type OptionalKind } from './tokens.ts';
