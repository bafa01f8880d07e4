/** Issuer ranges of payment cards with their lengths: without them every tenth number of this size would pass Luhn. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [16, 19]], // Visa; those of 13 are no longer issued, and look like German EANs
  [/^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]], // Mastercard
  [/^3[47]/, [15]], // American Express
  [/^3(0[0-5]|[68])/, [14]], // Diners
  [/^(6011|65|64[4-9])/, [16, 19]], // Discover
  [/^35(2[89]|[3-8])/, [16]], // JCB
  [/^62/, [16, 17, 18, 19]], // UnionPay
  [/^(50|5[6-8]|6[37])/, [16, 18, 19]], // Maestro
];

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Digits alone. */
export const isCard = (digits: string): boolean =>
  ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits)) && passesLuhn(digits);

/**
 * The cards in a run of digits and separators, replaced; a card may stand among other groups, such as its check number
 * behind it.
 */
export function replaceCards(run: string, replacement: (digits: string, written: string) => string): string {
  const groups = [...run.matchAll(/\d+/g)].map((group) => ({ from: group.index, to: group.index + group[0].length }));
  for (const [first, { from }] of groups.entries()) {
    let digits = '';
    for (const group of groups.slice(first)) {
      digits += run.slice(group.from, group.to);
      if (digits.length > 19) break;
      if (isCard(digits))
        return (
          run.slice(0, from) +
          replacement(digits, run.slice(from, group.to)) +
          replaceCards(run.slice(group.to), replacement)
        );
    }
  }
  return run;
}
