/**
 * Messages of a shop's customers and results of its tools with private data planted in them: the same for the same seed, so
 * that what is found can be told as figures. Nobody in it exists: numbers and addresses are made up, checksums are right.
 */
export interface Planted {
  readonly kind: 'EMAIL' | 'PHONE' | 'CARD' | 'IBAN' | 'EMPLOYEE';
  readonly value: string;
  /** hard: in a form of which the documentation says that it is not found. */
  readonly form: 'plain' | 'hard';
}

export interface CorpusMessage {
  readonly text: string;
  readonly planted: readonly Planted[];
}

export type CorpusRecord = Readonly<Record<string, unknown>>;

export interface CorpusResult {
  readonly value: CorpusRecord;
  readonly planted: readonly Planted[];
}

/** The tenant's own kind that the corpus has. */
export const CORPUS_PATTERN = { kind: 'EMPLOYEE', mask: 'EMP-######' } as const;
/** Where its numbers without a plus are at home. */
export const CORPUS_COUNTRY = 'DE';

export interface CorpusOptions {
  readonly seed: number;
  /** Forms that are known not to be found are planted too. */
  readonly withHard: boolean;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FIRST = [
  'anna',
  'bjorn',
  'chiara',
  'deniz',
  'emeka',
  'fatima',
  'george',
  'hana',
  'ivan',
  'jose',
  'katrin',
  'lars',
];
const LAST = [
  'adler',
  'bauer',
  'costa',
  'dubois',
  'eriksen',
  'ferrari',
  'garcia',
  'huber',
  'ibsen',
  'jensen',
  'kovacs',
];
const HOSTS = ['example.com', 'mail.example.org', 'firma.example.net', 'shop.example.co.uk'];
const SKUS = ['A4VTG90', 'PVV4-40', '4WE6', 'HDA250', 'A10VSO45'];

class Maker {
  readonly #random: () => number;
  planted: Planted[] = [];
  readonly #withHard: boolean;

  constructor({ seed, withHard }: CorpusOptions) {
    this.#random = seeded(seed);
    this.#withHard = withHard;
  }

  below(most: number): number {
    return Math.floor(this.#random() * most);
  }

  one<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.below(10)).join('');
  }

  #plant(kind: Planted['kind'], plain: string, hard?: string): string {
    const isHard = hard !== undefined && this.#withHard && this.below(12) === 0;
    const value = isHard ? hard : plain;
    this.planted.push({ kind, value, form: isHard ? 'hard' : 'plain' });
    return value;
  }

  email(): string {
    const [first, last, host] = [this.one(FIRST), this.one(LAST), this.one(HOSTS)];
    const name = this.one([`${first}.${last}`, `${first}_${last}${this.below(100)}`, `${first}+shop@`.slice(0, -1)]);
    const address = `${name}${this.below(10_000)}@${host}`;
    const written = this.one([address, address, address.charAt(0).toUpperCase() + address.slice(1)]);
    return this.#plant('EMAIL', written, `${name}${this.below(10_000)} (at) ${host}`);
  }

  /** In free text, as people write them. */
  phone(): string {
    const rest = this.digits(6);
    const german = `15${this.one(['1', '7'])} ${1 + this.below(9)}${rest.slice(0, 3)} ${rest.slice(3)}${this.below(10)}`;
    const american = `+1 ${this.one(['212', '312', '415'])} ${2 + this.below(8)}${this.digits(2)} ${this.digits(4)}`;
    const french = `+33 6 ${this.digits(2)} ${this.digits(2)} ${this.digits(2)} ${this.digits(2)}`;
    const plain = this.one([`+49 ${german}`, `0${german}`, american, french]);
    return this.#plant('PHONE', plain, `0${german.replaceAll(' ', '')}`);
  }

  /** In a field of its own, as machines keep them. */
  bareMobile(): string {
    return this.#plant('PHONE', `4915${this.one(['1', '7'])}${1 + this.below(9)}${this.digits(7)}`);
  }

  card(): string {
    const body = this.one(['4', '51', '55']) + this.digits(13);
    const fifteen = body.slice(0, 15).padEnd(15, '0');
    const sum = [...fifteen]
      .reverse()
      .map(Number)
      .reduce((total, digit, at) => total + (at % 2 === 0 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit), 0);
    const number = `${fifteen}${(10 - (sum % 10)) % 10}`;
    return this.#plant(
      'CARD',
      this.one([number, number.replace(/(.{4})(?=.)/g, '$1 '), number.replace(/(.{4})(?=.)/g, '$1-')]),
    );
  }

  iban(): string {
    const body = this.digits(18);
    let remainder = 0;
    for (const digit of `${body}131400`) remainder = (remainder * 10 + Number(digit)) % 97; // D = 13, E = 14
    const number = `DE${String(98 - remainder).padStart(2, '0')}${body}`;
    return this.#plant('IBAN', this.one([number, number.replace(/(.{4})(?=.)/g, '$1 ')]));
  }

  employee(): string {
    return this.#plant('EMPLOYEE', `EMP-${this.digits(6)}`);
  }

  /** Numbers of things, which no one may take for people's. */
  thing(): string {
    return this.one([
      `order ${10_000 + this.below(90_000)}`,
      `invoice 2026-${this.digits(5)}`,
      `part ${this.one(SKUS)}`,
      `tracking 1Z${this.digits(10)}`,
      `on 2026-${String(1 + this.below(12)).padStart(2, '0')}-${String(1 + this.below(28)).padStart(2, '0')}`,
      `${1 + this.below(900)}.${this.digits(2)} EUR`,
      `EAN 40${this.digits(11)}`,
      `from 10.${this.below(256)}.${this.below(256)}.${this.below(256)}`,
      `version ${this.below(10)}.${this.below(30)}.${this.below(30)}`,
    ]);
  }
}

const MESSAGES: readonly ((make: Maker) => string)[] = [
  (make) => `Hi, this is ${make.email()}. Where is my ${make.thing()}? I placed it ${make.thing()}.`,
  (make) => `Please call me back on ${make.phone()} about ${make.thing()}, or write to ${make.email()}.`,
  (make) => `I paid with ${make.card()} and was charged twice for ${make.thing()}.`,
  (make) => `Refund to ${make.iban()} please; ${make.thing()} arrived broken. My number: ${make.phone()}.`,
  (make) => `Guten Tag, meine E-Mail ist ${make.email()}, Telefon ${make.phone()}. Es geht um ${make.thing()}.`,
  (make) => `Change the address of ${make.email()} to ${make.email()}; nothing else on ${make.thing()}.`,
  (make) => `Your colleague ${make.employee()} promised ${make.thing()} by Friday. Reply to ${make.email()}.`,
  (make) => `Do you have ${make.thing()}? And what of ${make.thing()} and ${make.thing()}?`,
  (make) => `Bonjour, mon numéro est le ${make.phone()} et ma commande ${make.thing()}.`,
  (make) => `(${make.email()}) [${make.phone()}] "${make.card()}" — all mine, see ${make.thing()}!`,
];

export function corpusMessages(count: number, options: CorpusOptions): CorpusMessage[] {
  const make = new Maker(options);
  return Array.from({ length: count }, () => {
    make.planted = [];
    const text = make.one(MESSAGES)(make);
    return { text, planted: make.planted };
  });
}

/** One record of a customer's order, as a shop's back end answers. */
function record(make: Maker, number: number): CorpusRecord {
  const at = `2026-0${1 + make.below(9)}-1${make.below(10)}T1${make.below(10)}:2${make.below(10)}:00Z`;
  return {
    id: 900_000 + number,
    order_number: `4${make.digits(9)}`,
    tracking_number: make.digits(14),
    sku: make.one(SKUS),
    created_at: at,
    total: `${1 + make.below(900)}.${make.digits(2)}`,
    quantity: 1 + make.below(20),
    customer: { email: make.email(), phone: make.bareMobile(), vat_id: `DE${make.digits(9)}` },
    payment: make.below(2) === 0 ? { card_number: make.card() } : { iban: make.iban() },
    handled_by: make.employee(),
    notes: `${make.thing()}: ask ${make.email()} or ${make.phone()} (${make.thing()})`,
  };
}

export function corpusResults(count: number, options: CorpusOptions): CorpusResult[] {
  const make = new Maker({ ...options, seed: options.seed + 1 });
  return Array.from({ length: count }, (_, number) => {
    make.planted = [];
    const value = record(make, number);
    return { value, planted: make.planted };
  });
}
