import { createHash, randomBytes } from 'node:crypto';

export const KEY_PREFIX = 'sy_';
export const ACCESS_TOKEN_PREFIX = 'syt_';
export const REFRESH_TOKEN_PREFIX = 'syr_';
const TOKEN_BYTES = 32;
/** How much of a key lists show: the prefix and five characters, which leave 220 bits unknown. */
const SHOWN_CHARACTERS = 8;

/**
 * SHA-256 without salt or stretching: right for tokens of 256 random bits, which nobody can guess, and cheap enough for
 * every request. Passwords take better-auth's scrypt.
 */
export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');
export const newApiKey = (): string => `${KEY_PREFIX}${newToken()}`;
export const startOf = (key: string): string => key.slice(0, SHOWN_CHARACTERS);

/** How better-auth's OAuth tokens lie in the database, without their prefix. */
export const storedForm = (token: string): string => sha256(token).toString('base64url');
