import { codeShape, type Finding } from '@switchyard/execution';
import { AppError, type Ctx } from '@switchyard/kernel';
import { codeHash } from '@switchyard/ledger';
import type { Database } from '@switchyard/database';
import { LRUCache } from 'lru-cache';
import { readStanding } from './blocks.store.ts';

export const BLOCK_KINDS = ['code', 'shape', 'skill', 'key'] as const;
export type BlockKind = (typeof BLOCK_KINDS)[number];

export interface Block {
  readonly id: string;
  readonly kind: BlockKind;
  /** The code's or shape's SHA-256, the skill's name, the key's id. */
  readonly value: string;
  readonly reason: string;
  readonly runId: string | null;
  readonly itemId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly liftedBy: string | null;
  readonly liftedAt: Date | null;
}

type Standing = Readonly<Record<BlockKind, ReadonlySet<string>>>;

/** What every node goes by, however it hears of changes: a block that was set elsewhere holds here after so long at the latest. */
const FRESH_MS = 5_000;
const MAX_TENANTS = 10_000;

/** What may not run, in memory; asked on the way of every run, every call and every request of a key. */
export class Blocks {
  readonly #known = new LRUCache<string, { readonly standing: Promise<Standing>; readonly until: number }>({
    max: MAX_TENANTS,
  });

  constructor(
    readonly database: Pick<Database, 'inTenant'>,
    readonly nowMs: () => number = () => performance.now(),
  ) {}

  forget(tenantId: string | undefined): void {
    if (tenantId === undefined) this.#known.clear();
    else this.#known.delete(tenantId);
  }

  #standing(ctx: Pick<Ctx, 'tenantId'>): Promise<Standing> {
    const known = this.#known.get(ctx.tenantId);
    if (known && known.until > this.nowMs()) return known.standing;
    const standing = this.database
      .inTenant(ctx, (tx) => readStanding(tx))
      .then((rows) => {
        const of = (kind: BlockKind): ReadonlySet<string> =>
          new Set(rows.filter((row) => row.kind === kind).map(({ value }) => value));
        return { code: of('code'), shape: of('shape'), skill: of('skill'), key: of('key') };
      });
    standing.catch(() => this.#known.delete(ctx.tenantId));
    this.#known.set(ctx.tenantId, { standing, until: this.nowMs() + FRESH_MS });
    return standing;
  }

  /** Whether this code, or any that is built like it, is blocked. */
  async blocksCode(ctx: Pick<Ctx, 'tenantId'>, code: string): Promise<boolean> {
    const { code: hashes, shape: shapes } = await this.#standing(ctx);
    if (hashes.size > 0 && hashes.has(codeHash(code))) return true;
    const shape = shapes.size > 0 ? codeShape(code) : null;
    return shape !== null && shapes.has(shape);
  }

  /** Those of the skills that may not be used: by their names, or because their code is blocked. */
  async blockedSkills(
    ctx: Pick<Ctx, 'tenantId'>,
    skills: readonly { readonly name: string; readonly code: string }[],
  ): Promise<ReadonlySet<string>> {
    const standing = await this.#standing(ctx);
    if (standing.skill.size + standing.code.size + standing.shape.size === 0) return new Set();
    const blocked = new Set<string>();
    for (const { name, code } of skills)
      if (standing.skill.has(name) || (await this.blocksCode(ctx, code))) blocked.add(name);
    return blocked;
  }

  /** Throws AppError `forbidden` for a key that is blocked. */
  async requireCaller(ctx: Pick<Ctx, 'tenantId' | 'principal'>): Promise<void> {
    if (ctx.principal.kind !== 'key') return;
    const { key } = await this.#standing(ctx);
    if (key.has(ctx.principal.id))
      throw new AppError(
        'forbidden',
        `A reviewer has blocked the API key "${ctx.principal.name}": ask a reviewer of the tenant.`,
        { reason: 'blocked' },
      );
  }
}

/** What refuses code that is blocked, in the place of all else that might be said of it. */
export const BLOCKED: Finding = {
  stage: 'whole',
  code: 'blocked',
  message: 'A reviewer has blocked this code.',
  line: 1,
  column: 1,
  hint: 'Do not try it in another form: ask a reviewer of the tenant.',
  severity: 'error',
};
