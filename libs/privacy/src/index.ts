export { type CustomPattern } from './custom-pattern.ts';
export { bound, createMasker, type Bounded, type Masker, type MaskerOptions } from './masker.ts';
export { openPseudonyms, type PseudonymOptions, type Pseudonyms, type PseudonymStore } from './pseudonyms.ts';
export { KINDS, type Kind } from './tokens.ts';
