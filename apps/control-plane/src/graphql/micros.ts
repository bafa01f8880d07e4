import { AppError } from '@switchyard/kernel';

/** GraphQL's Float as the integer that it is here. Throws AppError `unprocessable`. */
export function toMicros(value: number, path: string): bigint {
  if (!Number.isSafeInteger(value))
    throw new AppError('unprocessable', `${path}: a whole number of micro-dollars`, { path });
  return BigInt(value);
}

type Shown<Value> = Value extends bigint
  ? number
  : Value extends Date
    ? Date
    : Value extends readonly (infer Item)[]
      ? Shown<Item>[]
      : Value extends object
        ? { -readonly [Name in keyof Value]: Shown<Value[Name]> }
        : Value;

/** Integers beyond 2^53 are no money of ours: every bigint becomes GraphQL's Float. */
export function shown<Value>(value: Value): Shown<Value> {
  if (typeof value === 'bigint') return Number(value) as Shown<Value>;
  if (Array.isArray(value)) return value.map((item: unknown) => shown(item)) as Shown<Value>;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value as Shown<Value>;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shown(item)])) as Shown<Value>;
}
