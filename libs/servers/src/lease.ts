/** Thrown where another worker has taken the work over: whatever was done since is rolled back. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface Lease {
  readonly id: string;
  readonly forMs: number;
}
