import { z } from 'zod';

const MiB = 1024 * 1024;

/** No result is larger than this, whatever a tenant's settings say. */
export const RESULT_HARD_CAP_BYTES = 32 * MiB;
/** Largest JSON of one tool call's arguments. */
export const ARGUMENT_CAP_BYTES = 8 * MiB;

export const limitsSchema = z.object({
  /**
   * The code's own time. Wall time counts while no tool call is waited for; while one is, only the CPU time that the
   * code burns meanwhile counts. So waiting for a slow tool or for an approval is free, and a busy loop behind one is not.
   */
  ownTimeMs: z.number().int().min(1).max(600_000),
  /** From start to end, waiting included. */
  totalMs: z.number().int().min(1).max(86_400_000),
  /** Memory that the code may add to that of an idle sandbox, off-heap included. */
  memoryBytes: z
    .number()
    .int()
    .min(64 * MiB)
    .max(4096 * MiB),
  calls: z.number().int().min(0).max(10_000),
  /** What the code logs beyond this is dropped, with one line that says so. */
  logBytes: z
    .number()
    .int()
    .min(0)
    .max(16 * MiB),
  /** JSON bytes of the result. */
  resultBytes: z.number().int().min(1).max(RESULT_HARD_CAP_BYTES),
});
export type Limits = Readonly<z.infer<typeof limitsSchema>>;

/** 30 s, 512 MB and 60 calls come from the product's founding documents. */
export const DEFAULT_LIMITS: Limits = {
  ownTimeMs: 30_000,
  totalMs: 600_000,
  memoryBytes: 512 * MiB,
  calls: 60,
  logBytes: 256 * 1024,
  resultBytes: RESULT_HARD_CAP_BYTES,
};
