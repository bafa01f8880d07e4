import { gunzipSync } from 'node:zlib';
import { PageRefusal } from '../content-error.ts';

/** PNG, JPEG, GIF, PDF, ZIP and what is made of it, executables, RIFF. */
const BINARY = ['\x89PNG', '\xff\xd8\xff', 'GIF8', '%PDF', 'PK\x03\x04', '\x7fELF', 'MZ\x90', 'RIFF'];
const LOOKED_AT = 4_096;
/** A text of which more than this share is unreadable was written in another encoding than it says. */
const MOST_BROKEN = 0.02;

/** Text of a page, whatever it says of itself. Throws PageRefusal `not_text` or `bad_encoding`. */
export function decodePage(body: Uint8Array, contentType: string): string {
  const head = Buffer.from(body.subarray(0, LOOKED_AT)).toString('latin1');
  const isWide = head.startsWith('\xff\xfe') || head.startsWith('\xfe\xff');
  if (!isWide && (head.includes('\0') || BINARY.some((magic) => head.startsWith(magic))))
    throw new PageRefusal('not_text', 'It says that it is text, and is not.');
  const labels = [
    /charset\s*=\s*["']?([\w:-]+)/i.exec(contentType)?.[1],
    /<meta[^>]+charset\s*=\s*["']?([\w:-]+)/i.exec(head)?.[1],
    /^<\?xml[^>]+encoding\s*=\s*["']([\w:-]+)/i.exec(head)?.[1],
  ];
  if (isWide) labels.unshift(head.startsWith('\xff\xfe') ? 'utf-16le' : 'utf-16be');
  for (const label of labels) {
    const text = label === undefined ? undefined : decodeAs(body, label);
    if (text !== undefined) return requireReadable(text);
  }
  return decodeAs(body, 'utf-8', true) ?? requireReadable(decodeAs(body, 'windows-1252') ?? '');
}

function decodeAs(body: Uint8Array, label: string, fatal = false): string | undefined {
  try {
    return new TextDecoder(label, { fatal }).decode(body);
  } catch {
    return undefined; // no such encoding, or not in it
  }
}

function requireReadable(text: string): string {
  const broken = text.split('\ufffd').length - 1;
  if (broken > 10 && broken > text.length * MOST_BROKEN)
    throw new PageRefusal('bad_encoding', 'Its characters are not in the encoding that it names.');
  return text;
}

/** A sitemap may come packed. Throws PageRefusal `too_large` where it unpacks to more. */
export function unpacked(body: Uint8Array, mostBytes: number): Uint8Array {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body;
  try {
    return gunzipSync(body, { maxOutputLength: mostBytes });
  } catch {
    throw new PageRefusal('too_large', 'It is packed, and broken or too large when unpacked.');
  }
}
