/**
 * Starts all attacks of a table at once; the executor queues what it has no room for. Gives a function that waits for
 * what came of one.
 */
export function together<Attack extends readonly [string, ...unknown[]], Result>(
  attacks: readonly Attack[],
  run: (attack: Attack) => Promise<Result>,
): (name: string) => Promise<Result> {
  const results = new Map(attacks.map((attack) => [attack[0], run(attack)]));
  for (const result of results.values()) result.catch(() => undefined); // its own test tells
  return (name) => results.get(name) ?? Promise.reject(new Error(`there is no attack ${name}`));
}
