export { bound, createMasker, type Bounded, type Masker, type MaskerOptions } from './masker.ts';
export { KINDS, type Kind } from './tokens.ts';
