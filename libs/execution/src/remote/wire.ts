import { z } from 'zod';
import { ERROR_CODES } from '@switchyard/kernel';
import { limitsSchema } from '../limits.ts';
import { outcomeHeadSchema, type RunOutcome } from '../outcome.ts';
import { programSchema } from '../program.ts';
import { ProtocolError, u32 } from '../sandbox/frames.ts';
import { LAYERS } from '../sandbox/launch.ts';

/**
 * Frames between a control plane and an executor: `[u32le length][u8 type][u32le run][payload]`; many runs share one
 * connection, told apart by a number that the client gives. Results and tool answers travel as raw bytes.
 */
export const WIRE = {
  run: 1,
  reply: 2,
  refusal: 3,
  cancel: 4,
  status: 5,
  call: 17,
  log: 18,
  outcome: 19,
  error: 20,
  statusReply: 21,
} as const;
/** A result of 32 MB, or a tool's answer, which no limit of ours caps. */
export const WIRE_CAP_BYTES = 512 * 1024 * 1024;

export function wireFrame(type: number, run: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = 5 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.allocUnsafe(9);
  head.writeUInt32LE(length, 0);
  head[4] = type;
  head.writeUInt32LE(run, 5);
  return Buffer.concat([head, ...parts], 4 + length);
}

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export function openFrame(bytes: Buffer): { type: number; run: number; body: Buffer } {
  if (bytes.length < 5) throw new ProtocolError('a frame without a head');
  return { type: bytes[0] ?? 0, run: bytes.readUInt32LE(1), body: bytes.subarray(5) };
}

export const readJson = <T>(schema: z.ZodType<T>, body: Buffer): T => schema.parse(JSON.parse(body.toString()));

export const jobSchema = z.object({
  runId: z.string(),
  program: programSchema,
  limits: limitsSchema,
  party: z.string().max(100).optional(),
  session: z.string().max(100).optional(),
});
export const callSchema = z.object({ seq: z.number().int(), server: z.string(), tool: z.string(), args: z.unknown() });
export const logSchema = z.object({
  stream: z.enum(['stdout', 'stderr']),
  level: z.string(),
  text: z.string(),
  at: z.number(),
});
export const refusalSchema = z.object({
  name: z.string(),
  message: z.string(),
  code: z.string(),
  data: z.unknown().optional(),
});
export const errorSchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});
export const statusSchema = z.object({
  denoVersion: z.string(),
  wall: z.object({
    layers: z.array(
      z.object({
        name: z.enum(LAYERS),
        standing: z.boolean(),
        detail: z.string(),
      }),
    ),
  }),
  pool: z.object({
    size: z.number(),
    warm: z.number(),
    running: z.number(),
    sessions: z.number(),
    queued: z.number(),
    maxRunning: z.number(),
    maxQueued: z.number(),
  }),
  problem: z.string().nullable(),
});

/** `[u32le length of the head][head as JSON][the result's JSON, raw]` */
export function packOutcome(outcome: RunOutcome): Buffer[] {
  const { head, raw } = outcome.status === 'done' ? splitDone(outcome) : { head: outcome, raw: '' };
  const headBytes = json(head);
  return [u32(headBytes.length), headBytes, Buffer.from(raw)];
}

const splitDone = ({ json: raw, ...head }: Extract<RunOutcome, { status: 'done' }>) => ({ head, raw });

export function unpackOutcome(body: Buffer): RunOutcome {
  const length = body.readUInt32LE(0);
  const head = readJson(outcomeHeadSchema, body.subarray(4, 4 + length));
  return head.status === 'done' ? { ...head, json: body.toString('utf8', 4 + length) } : head;
}
