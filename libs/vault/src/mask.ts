/** Shorter ones would mask ordinary text, and are no secrets. */
const SHORTEST = 4;
const SHORTEST_ENCODED = 5;

/**
 * The characters of `secret`'s base64 that do not depend on what stands before or after it, for each of the three
 * ways in which it can lie in a longer text ("user:secret" in basic authorisation).
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const whole = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function percentForms(secret: string): string[] {
  let strict: string;
  try {
    strict = encodeURIComponent(secret);
  } catch {
    return []; // half a surrogate pair has no URL form
  }
  const form = new URLSearchParams({ s: secret }).toString().slice(2);
  const lower = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [strict, lower(strict), form, lower(form)];
}

function jsonForms(secret: string): string[] {
  const inside = (text: string): string => JSON.stringify(text).slice(1, -1);
  const ascii = inside(secret).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const once = [inside(secret), inside(secret).replaceAll('/', '\\/'), ascii];
  return [...once, ...once.map(inside)];
}

/** `Bearer abc` is stored, `abc` is what a server echoes. */
const bare = (secret: string): string[] => {
  const scheme = /^(?:bearer|basic|token|apikey)\s+(.+)$/i.exec(secret);
  return scheme?.[1] ? [secret, scheme[1]] : [secret];
};

const forms = (secret: string): string[] =>
  bare(secret).flatMap((text) => {
    const hex = Buffer.from(text, 'utf8').toString('hex');
    const encoded = [...base64Forms(text), hex, hex.toUpperCase()].filter((form) => form.length >= SHORTEST_ENCODED);
    return [text, ...jsonForms(text), ...percentForms(text), ...encoded];
  });

const escapeForRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * Gives a function that replaces these secrets in a text by `[secret:<name>]`, also where they come back JSON-escaped,
 * URL-encoded, in base64 or in hexadecimal. What a server transforms in another way is not found.
 */
export function maskSecrets(secrets: Readonly<Record<string, string>>): (text: string) => string {
  const names = new Map<string, string>();
  for (const [name, secret] of Object.entries(secrets))
    for (const form of secret.length >= SHORTEST ? forms(secret) : [])
      if (form.length >= SHORTEST && !names.has(form)) names.set(form, name);
  if (names.size === 0) return (text) => text;
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapeForRegExp).join('|'), 'g');
  return (text) => text.replace(pattern, (found) => `[secret:${names.get(found) ?? ''}]`);
}
