import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { InvokeReply } from '@switchyard/execution';
import { isUuid, messageOf, type Ctx } from '@switchyard/kernel';
import { z } from 'zod';
import { findKept, keep, recallKept, type Kept, type KeepStore } from '../keep/keep.store.ts';

const MiB = 1024 * 1024;
const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Of one run, in bytes of JSON. Calls that do not fit are left out, and a replay says which. */
export const RECORDING_CAP_BYTES = 20 * MiB;

/** One call as the sandbox saw it. `reply` is missing where it was left out. */
export interface RecordedReply {
  readonly seq: number;
  readonly server: string;
  readonly tool: string;
  readonly args: unknown;
  readonly reply?: InvokeReply;
}

export interface RecordedSkill {
  readonly name: string;
  readonly version: number;
  readonly code: string;
}

export interface Recording {
  /** As it ran. */
  readonly code: string;
  readonly skills: readonly RecordedSkill[];
  readonly calls: readonly RecordedReply[];
  /** JSON text; undefined where the run gave none. */
  readonly result: string | undefined;
}

const recordingSchema = z.object({
  code: z.string(),
  skills: z.array(z.object({ name: z.string(), version: z.number(), code: z.string() })),
  calls: z.array(
    z.object({
      seq: z.number(),
      server: z.string(),
      tool: z.string(),
      args: z.unknown(),
      value: z.unknown().optional(),
      error: z
        .object({ name: z.string(), message: z.string(), code: z.string(), data: z.unknown().optional() })
        .optional(),
      left: z.literal(true).optional(),
    }),
  ),
  result: z.unknown().optional(),
});

/** Collects what a run's calls gave, up to the cap. Holds on to what passes by anyway, and copies nothing. */
export class Tape {
  readonly calls: RecordedReply[] = [];
  #bytes = 0;

  /** Nothing is kept at all where recording is off. */
  constructor(readonly isOn: boolean) {}

  add(call: { seq: number; server: string; tool: string; args: unknown }, reply: InvokeReply): void {
    if (!this.isOn) return;
    const size = reply.ok ? reply.json.length : 200;
    const argsSize = JSON.stringify(call.args)?.length ?? 0;
    const fits = this.#bytes + size + argsSize <= RECORDING_CAP_BYTES;
    if (fits) this.#bytes += size + argsSize;
    const { seq, server, tool } = call;
    this.calls.push(fits ? { seq, server, tool, args: call.args, reply } : { seq, server, tool, args: null });
  }
}

/** The values go in as the text that they are. */
function toText({ code, skills, calls, result }: Recording): string {
  const parts = calls.map(({ seq, server, tool, args, reply }) => {
    const head = JSON.stringify({ seq, server, tool, args: args ?? null }).slice(0, -1);
    if (!reply) return `${head},"left":true}`;
    return reply.ok
      ? `${head},"value":${typeof reply.json === 'string' ? reply.json : Buffer.from(reply.json).toString()}}`
      : `${head},"error":${JSON.stringify(reply.error)}}`;
  });
  const head = JSON.stringify({ code, skills }).slice(0, -1);
  return `${head},"calls":[${parts.join(',')}]${result === undefined ? '' : `,"result":${result}`}}`;
}

function fromText(text: string): Recording {
  const { code, skills, calls, result } = recordingSchema.parse(JSON.parse(text));
  return {
    code,
    skills,
    calls: calls.map(({ seq, server, tool, args, value, error, left }) => ({
      seq,
      server,
      tool,
      args,
      ...(left ? {} : { reply: error ? { ok: false, error } : { ok: true, json: JSON.stringify(value ?? null) } }),
    })),
    result: result === undefined ? undefined : JSON.stringify(result),
  };
}

export interface Recordings {
  readonly isOn: boolean;
  /**
   * Packs and writes it beside the run: nobody waits for it, unless so many are under way already that memory would
   * fill. What goes wrong is told to `warn` and costs a replay, not the run.
   */
  save(ctx: Pick<Ctx, 'tenantId'>, runId: string, recording: Recording): Promise<void>;
  /** Undefined when there is none, or not any more. */
  load(ctx: Pick<Ctx, 'tenantId'>, runId: string): Promise<Recording | undefined>;
  find(ctx: Pick<Ctx, 'tenantId'>, runId: string): Promise<Kept | undefined>;
  /** Resolves when nothing is being written. */
  settled(): Promise<void>;
}

export interface RecordingsOptions extends KeepStore {
  /** How long they are kept; 0 switches recording off. */
  readonly keptMs: number;
  /** Of all recordings of a tenant; the oldest go first. */
  readonly tenantBytes?: number;
  readonly warn: (message: string) => void;
}

const MAX_UNDER_WAY = 16;

/** What the calls of runs gave, in full, sealed with the tenant's key: for replays. */
export function createRecordings(options: RecordingsOptions): Recordings {
  const { keptMs, tenantBytes = 1024 * MiB, warn, ...store } = options;
  const underWay = new Map<string, Promise<void>>();

  async function write(ctx: Pick<Ctx, 'tenantId'>, runId: string, recording: Recording): Promise<void> {
    try {
      const content = await zip(toText(recording), { level: 1 });
      const expiresAt = new Date(store.clock.now().getTime() + keptMs);
      const left = recording.calls.filter(({ reply }) => !reply).length;
      // Counted as they lie in the database: they are packed.
      const bytes = content.length;
      await keep(store, ctx, { runId, kind: 'recording', content, bytes, left, expiresAt, tenantBytes });
    } catch (error) {
      warn(`run ${runId} could not be recorded for replays: ${messageOf(error)}`);
    }
  }

  return {
    isOn: keptMs > 0,
    async save(ctx, runId, recording) {
      const writing = write(ctx, runId, recording).finally(() => underWay.delete(runId));
      underWay.set(runId, writing);
      if (underWay.size > MAX_UNDER_WAY) await writing;
    },
    async load(ctx, runId) {
      await underWay.get(runId);
      const packed = isUuid(runId) ? await recallKept(store, ctx, runId, 'recording') : undefined;
      return packed && fromText((await unzip(packed)).toString());
    },
    async find(ctx, runId) {
      await underWay.get(runId);
      return isUuid(runId) ? findKept(store, ctx, runId, 'recording') : undefined;
    },
    settled: async () => void (await Promise.all(underWay.values())),
  };
}
