import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { AppError, canonicalJson } from '@switchyard/kernel';

/** What a signature of ours says: `<purpose>: up to link `through` this tenant's chain was the one that ends with `hash``. */
export interface AuditStatement {
  readonly format: 'switchyard.audit.checkpoint/1' | 'switchyard.audit.cut/1';
  readonly tenantId: string;
  readonly through: number;
  /** Hex; of link `through`. */
  readonly hash: string;
  /** ISO 8601. */
  readonly signedAt: string;
}

export interface AuditPublicKey {
  readonly keyId: string;
  /** SubjectPublicKeyInfo. */
  readonly pem: string;
}

/** Signs what the database alone could forge, with keys that it does not hold. */
export interface AuditSigner {
  /** Of the key that signs from now on. */
  readonly keyId: string;
  /** All keys whose signatures count, the signing one first. */
  readonly publicKeys: readonly AuditPublicKey[];
  /** Ed25519 over the statement's canonical JSON, in base64url. */
  sign(statement: AuditStatement): string;
  check(statement: AuditStatement, by: { readonly keyId: string; readonly signature: string }): SignatureCheck;
}

export type SignatureCheck = 'good' | 'bad' | 'unknown_key';

const SEED_BYTES = 32;
/** PKCS #8 of an Ed25519 key up to its seed (RFC 8410). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

interface Pair {
  readonly id: string;
  readonly secret: KeyObject;
  readonly open: KeyObject;
}

function pairOf(text: string, source: string): Pair {
  const seed = Buffer.from(text, 'base64');
  if (seed.length !== SEED_BYTES)
    throw new AppError(
      'unavailable',
      `${source} holds a key that is not 32 bytes in base64: restore it from a backup.`,
    );
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: 'der', type: 'pkcs8' });
  const open = createPublicKey(secret);
  const id = createHash('sha256')
    .update(open.export({ format: 'der', type: 'spki' }))
    .digest('hex')
    .slice(0, 16);
  return { id, secret, open };
}

const bytesOf = (statement: AuditStatement): Buffer => Buffer.from(canonicalJson(statement));

/**
 * `text`: seeds of 32 bytes in base64 (or base64url), apart by blanks or commas. The first signs; the others are those that
 * signed before. Throws AppError `unavailable`; `source` is where the text came from, for its message.
 */
export function createAuditSigner(text: string, source: string): AuditSigner {
  const pairs = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((seed) => pairOf(seed, source));
  const [first] = pairs;
  if (!first) throw new AppError('unavailable', `${source} holds no key: restore it from a backup.`);
  const known = new Map(pairs.map((pair) => [pair.id, pair]));
  return {
    keyId: first.id,
    publicKeys: pairs.map(({ id, open }) => ({
      keyId: id,
      pem: String(open.export({ format: 'pem', type: 'spki' })),
    })),
    sign: (statement) => sign(null, bytesOf(statement), first.secret).toString('base64url'),
    check(statement, { keyId, signature }) {
      const pair = known.get(keyId);
      if (!pair) return 'unknown_key';
      return verify(null, bytesOf(statement), pair.open, Buffer.from(signature, 'base64url')) ? 'good' : 'bad';
    },
  };
}
