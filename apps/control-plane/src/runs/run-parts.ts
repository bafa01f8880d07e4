import type { Host } from '@switchyard/host';
import { systemCtx } from '@switchyard/kernel';
import {
  createRecordings,
  createResults,
  createReview,
  createSkills,
  createWorkspace,
  type Recordings,
  type Results,
  type Review,
  type Skills,
  type SkillsOptions,
  type Workspace,
} from '@switchyard/runs';
import { repeat } from '../wiring/chores.ts';

const HOUR_MS = 3_600_000;
const SWEEP_MS = 10 * 60_000;

/** What runs keep beside their record, and what they share. */
export interface RunParts {
  readonly skills: Skills;
  readonly workspace: Workspace;
  readonly results: Results;
  readonly recordings: Recordings;
  readonly review: Review;
  /** Resolves when what was under way is written. */
  close(): Promise<void>;
}

export function createRunParts(
  { database, vault, ledger, gateway, identity, clock }: Host,
  settings: { readonly recordingHours: number; readonly warn: (message: string) => void },
): RunParts {
  const { appendAudit, getRun } = ledger;
  const store = { database, sealed: vault, clock };
  const review = createReview({ database, ledger, clock });
  const blocked: SkillsOptions['blocked'] = (ctx, all) => review.blocks.blockedSkills(ctx, all);
  const skills = createSkills({ database, gateway, getRun, appendAudit, clock, blocked });
  const workspace = createWorkspace({ ...store, appendAudit });
  const results = createResults({ ...store, getRun });
  const recordings = createRecordings({ ...store, keptMs: settings.recordingHours * HOUR_MS, warn: settings.warn });

  /** What has expired is not given out any more anyhow; this frees its room. */
  const stopSweeping = repeat(
    { identity },
    {
      everyMs: SWEEP_MS,
      failure: 'expired files and results could not be removed',
      async work(tenants) {
        for (const tenantId of tenants) {
          const ctx = systemCtx(tenantId);
          await workspace.sweep(ctx);
          await results.sweep(ctx);
          await vault.forgetExpired(ctx);
        }
      },
    },
    settings.warn,
  );
  return {
    skills,
    workspace,
    results,
    recordings,
    review,
    async close() {
      stopSweeping();
      skills.close();
      review.close();
      await recordings.settled();
    },
  };
}
