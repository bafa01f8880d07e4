import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bound, createMasker } from './masker.ts';

const text = (given: string, options?: Parameters<typeof createMasker>[0]): unknown =>
  createMasker(options).maskText(given);
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe('free text', () => {
  it.each([
    ['write to Bob.Smith+shop@mail.example.co.uk.', 'write to [EMAIL_1].'],
    ['<jürgen@müller.de>', '<[EMAIL_1]>'],
    ['call +49 30 901820 or +1 (415) 555-2671 now', 'call [PHONE_1] or [PHONE_2] now'],
    ['(+44) 20 7946 0958', '[PHONE_1]'],
    ['card 4111 1111 1111 1111, exp 12/27', 'card [CARD_1], exp 12/27'],
    ['4111111111111111 123', '[CARD_1] 123'],
    ['cards 5500-0000-0000-0004 and 340000000000009', 'cards [CARD_1] and [CARD_2]'],
    ['IBAN DE89 3704 0044 0532 0130 00 AND MORE', 'IBAN [IBAN_1] AND MORE'],
    ['GB82WEST12345698765432', '[IBAN_1]'],
  ])('%s', (given, masked) => expect(text(given)).toBe(masked));

  it.each([
    ['4111 1111 1111 1112: no Luhn'],
    ['DE89 3704 0044 0532 0130 01: no checksum'],
    ['order 1234567890, line 9876543210'],
    ['SKU A4VTG90-4111111111111111'],
    ['1Z999AA10123456784, 00340434161094042557'],
    ['2026-11-21 10:15:00.123, 21.11.2026, 10.0.0.1, 1.234.567,89'],
    ['1700000000000 and 0.4111111111111111'],
    ['a@b, @handle, x @ y.z'],
    ['0af76519-16cd-43dd-8448-eb211c80319c'],
    ['415-555-2671 without a country'],
  ])('leaves alone: %s', (given) => expect(text(given)).toBe(given));

  it('knows national numbers where it is told the country', () => {
    expect(text('call (415) 555-2671 today', { country: 'US' })).toBe('call [PHONE_1] today');
    expect(text('unter 030 901820 oder 030/901820', { country: 'DE' })).toBe('unter [PHONE_1] oder [PHONE_1]');
    expect(text('order 4155552671 of 2026-11-21', { country: 'US' })).toBe('order 4155552671 of 2026-11-21');
  });

  it('does not take longer the odder the text', () => {
    const odd = [
      'a'.repeat(200_000),
      'a.'.repeat(100_000),
      `${'a'.repeat(70)}@`.repeat(3_000),
      '1 '.repeat(100_000),
      '1-'.repeat(100_000),
      '(1'.repeat(100_000),
      'DE89 '.repeat(40_000),
      '4'.repeat(200_000),
      'a@'.repeat(100_000),
      'a@a.'.repeat(50_000),
    ];
    for (const given of odd) {
      const started = performance.now();
      text(given, { country: 'US' });
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });
});

describe('fields', () => {
  it('are believed when they say what they hold', () => {
    const masker = createMasker();
    const masked = masker.mask({
      billingEmail: 'Bob <bob@localhost>',
      customer_phone: '030 901820',
      mobile: 1701234567,
      phones: ['0170 1234567'],
      card_number: '4111-1111-1111-1112',
      iban: 'XX00 1234 5678 9012',
      email: 'n/a',
      phone: 'none',
    });
    expect(masked).toEqual({
      billingEmail: '[EMAIL_1]',
      customer_phone: '[PHONE_1]',
      mobile: '[PHONE_2]',
      phones: ['[PHONE_3]'],
      card_number: '[CARD_1]',
      iban: '[IBAN_1]',
      email: 'n/a',
      phone: 'none',
    });
    expect(masker.found()).toEqual({ EMAIL: 1, PHONE: 3, CARD: 1, IBAN: 1 });
  });

  it('that hold identifiers keep their digits, but no address and no secret', () => {
    const card = '4111111111111111';
    const ids = {
      id: card,
      sku: card,
      order_number: card,
      trackingNumber: card,
      line_item_id: 4111111111111111,
      'Tracking-Code': '+4930901820',
      variantIds: [card],
    };
    expect(createMasker().mask(ids)).toEqual(ids);
    const other = createMasker({ secrets: ['s3cr3t'] }).mask({ user_id: 'bob@example.com', token_id: 'x-s3cr3t' });
    expect(other).toEqual({ user_id: '[EMAIL_1]', token_id: 'x-[SECRET_1]' });
    expect(createMasker().mask({ note: 4111111111111111, valid: true, unvalid: card })).toEqual({
      note: '[CARD_1]',
      valid: true,
      unvalid: '[CARD_1]',
    });
  });

  it('keep their names, unless a secret or an address is in one', () => {
    const given = { 'bob@example.com': 1, 'a-s3cr3t': 2, billing_email_2: 'x', '2026-11-21': 3 };
    const masked = createMasker({ secrets: ['s3cr3t'] }).mask(given);
    expect(masked).toEqual({ '[EMAIL_1]': 1, 'a-[SECRET_1]': 2, billing_email_2: 'x', '2026-11-21': 3 });
  });
});

describe('tokens', () => {
  it('are the same for the same thing, however it is written, as long as the masker lives', () => {
    const masker = createMasker();
    expect(masker.mask(['bob@example.com', 'ann@example.com', 'BOB@example.com'])).toEqual([
      '[EMAIL_1]',
      '[EMAIL_2]',
      '[EMAIL_1]',
    ]);
    expect(masker.mask({ phone: '+49 30 901820', text: '+4930901820' })).toEqual({
      phone: '[PHONE_1]',
      text: '[PHONE_1]',
    });
    expect(masker.preview({ again: 'ann@example.com' }, 500)).toEqual({
      value: { again: '[EMAIL_2]' },
      truncated: false,
    });
    expect(masker.found()).toEqual({ EMAIL: 2, PHONE: 1 });
  });
});

describe('secrets', () => {
  const secrets = ['sk-live-abc/+=', 'sk-live-abc/+=longer', 'abc', 'pin:908172'];
  it.each([
    ['token sk-live-abc/+= here', 'token [SECRET_1] here'],
    ['sk-live-abc/+=longer', '[SECRET_1]'],
    [`q=${encodeURIComponent('sk-live-abc/+=')}`, 'q=[SECRET_1]'],
    [Buffer.from('sk-live-abc/+=').toString('base64'), '[SECRET_1]'],
    ['too short: abc', 'too short: abc'],
  ])('%s', (given, masked) => expect(text(given, { secrets })).toBe(masked));

  it('are found in numbers', () => {
    expect(createMasker({ secrets: ['908172'] }).mask({ n: 908172 })).toEqual({ n: '[SECRET_1]' });
  });

  it('are not half shown where a text is cut', () => {
    const secret = 'sk-live-0123456789abcdef0123456789abcdef';
    const masker = createMasker({ secrets: [secret] });
    for (let before = 60; before < 260; before++) {
      const shown = JSON.stringify(masker.preview(`${'x'.repeat(before)}${secret} bob@example.com`, 200).value);
      expect(shown).not.toMatch(/sk-live|bob@/);
    }
  });
});

describe('bounds', () => {
  it('leaves what fits as it is', () => {
    const value = { a: [1, 'two', null, { b: true }], Größe: '漢字' };
    for (const maxBytes of [128, 200, 5_000]) expect(bound(value, maxBytes)).toEqual({ value, truncated: false });
  });

  it('says what was left out', () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => ({ id: n, sku: `A4VTG${n}` }));
    const array = bound({ rows, total: 10_000 }, 1_000);
    expect(array.truncated).toBe(true);
    expect(JSON.stringify(array.value)).toMatch(/"…":"9,\d\d\d more items left out"/);
    expect(array.value).toMatchObject({ total: 10_000 });
    expect(bound('x'.repeat(5_000), 200).value).toMatch(/^x{100,}… \[5,000 characters in all\]$/);
    const fields = Object.fromEntries(rows.slice(0, 500).map((row) => [`field_${row.id}`, row.sku]));
    expect(JSON.stringify(bound(fields, 500).value)).toMatch(/"…":"4\d\d more fields left out"/);
    let deep: unknown = 'end';
    for (let level = 0; level < 20_000; level++) deep = [deep];
    expect(JSON.stringify(bound(deep, 10_000).value)).toMatch(/nested deeper than 100 levels/);
  });

  it('shows the neighbours of something large', () => {
    const shown = bound({ big: 'x'.repeat(100_000), list: Array.from({ length: 9_999 }, () => 'y'), id: 7 }, 2_000);
    expect(shown.value).toMatchObject({ id: 7 });
    expect(Object.keys(shown.value as object)).toEqual(['big', 'list', 'id']);
  });

  it('is always JSON of at most so many bytes, masked or not, and the whole where nothing is said to be cut', () => {
    const anything = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
    const wide = fc.array(fc.oneof(anything, fc.string({ unit: 'binary', maxLength: 500 }), fc.emailAddress()), {
      maxLength: 60,
    });
    const property = fc.property(fc.oneof(anything, wide), fc.integer({ min: 128, max: 3_000 }), (value, maxBytes) => {
      const plain = bound(value, maxBytes);
      expect(bytes(plain.value)).toBeLessThanOrEqual(maxBytes);
      const whole = JSON.parse(JSON.stringify(value).replace(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd'));
      if (bytes(whole) <= maxBytes) expect(plain.truncated).toBe(false);
      if (!plain.truncated) expect(plain.value).toEqual(whole);
      expect(bytes(createMasker({ secrets: ['aaaa'] }).preview(value, maxBytes).value)).toBeLessThanOrEqual(maxBytes);
    });
    fc.assert(property, { numRuns: 500, endOnFailure: true });
  });

  it('does not take longer the larger the value', () => {
    const huge = {
      rows: Array.from({ length: 300_000 }, (_, id) => ({ id, note: `mail bob${id}@example.com` })),
      text: 'a b@c.de '.repeat(2_000_000),
    };
    const started = performance.now();
    const masker = createMasker();
    const shown = masker.preview(huge, 64 * 1024);
    const took = performance.now() - started;
    expect(shown.truncated).toBe(true);
    expect(took).toBeLessThan(500);
    console.log(`preview of about 30 MB in ${took.toFixed(1)} ms, ${masker.found().EMAIL} addresses`);
  });

  it('refuses a bound that nothing fits', () => {
    expect(() => bound({}, 10)).toThrow(RangeError);
    expect(() => bound({}, Number.NaN)).toThrow(RangeError);
  });

  it('drops what JSON cannot say', () => {
    const odd = { gone: undefined, run: () => 1, nan: Number.NaN, big: 10n, at: new Date(0), inner: [undefined] };
    expect(bound(odd, 500).value).toEqual({ nan: null, big: '10', at: '1970-01-01T00:00:00.000Z', inner: [null] });
    expect(JSON.stringify(bound(JSON.parse('{"__proto__":{"a":1}}'), 500).value)).toBe('{"__proto__":{"a":1}}');
  });
});
