import { ErrorCode, StandardResolutionReasons, type JsonValue, type ResolutionDetails } from '@openfeature/core';
import type { EvaluationContext, Provider } from '@openfeature/server-sdk';
import { isUuid, type TenantId } from '@switchyard/kernel';
import { ROLLOUT_FLAG } from '../rollout/rollout.ts';
import type { LiveSnapshots } from './live.ts';
import { deal, gateOf, variantOf, type Snapshot } from './snapshot.ts';

/**
 * The same evaluation for programs that speak OpenFeature: `tenantId` in the context says whose flags, `targetingKey` which
 * unit. `code_arm` gives the arm that the unit would be dealt; it stores no exposure, so nothing is measured by it.
 */
export class FlagProvider implements Provider {
  readonly metadata = { name: 'switchyard' } as const;
  readonly runsOn = 'server' as const;
  readonly #live: LiveSnapshots;

  constructor(live: LiveSnapshots) {
    this.#live = live;
  }

  resolveBooleanEvaluation(key: string, fallback: boolean, context: EvaluationContext) {
    return this.#resolve(context, fallback, ({ flags }) => {
      const flag = flags.get(key);
      return flag && { value: flag.enabled, reason: StandardResolutionReasons.STATIC };
    });
  }

  resolveStringEvaluation(key: string, fallback: string, context: EvaluationContext) {
    return this.#resolve(context, fallback, (snapshot, unit) => {
      const reason = StandardResolutionReasons.SPLIT;
      if (key === ROLLOUT_FLAG) {
        const gate = gateOf(snapshot);
        return { value: gate.open ? deal(snapshot.tenantId, gate.rollout, unit).arm : 'traditional', reason };
      }
      if (!snapshot.flags.has(key)) return undefined;
      const variant = variantOf(snapshot, key, unit);
      return variant === undefined
        ? { value: fallback, reason: StandardResolutionReasons.DISABLED }
        : { value: variant, variant, reason };
    });
  }

  /** No flag of this product is a number or an object. */
  resolveNumberEvaluation(_key: string, fallback: number) {
    return Promise.resolve(mismatch(fallback));
  }

  resolveObjectEvaluation<Value extends JsonValue>(_key: string, fallback: Value) {
    return Promise.resolve(mismatch(fallback));
  }

  async #resolve<Value>(
    { tenantId, targetingKey }: EvaluationContext,
    fallback: Value,
    evaluate: (snapshot: Snapshot, unit: string) => ResolutionDetails<Value> | undefined,
  ): Promise<ResolutionDetails<Value>> {
    if (typeof tenantId !== 'string' || !isUuid(tenantId))
      return {
        value: fallback,
        reason: StandardResolutionReasons.ERROR,
        errorCode: ErrorCode.INVALID_CONTEXT,
        errorMessage: "put the tenant's id into the context as tenantId",
      };
    const snapshot = await this.#live.get({ tenantId: tenantId as TenantId });
    const found = evaluate(snapshot, targetingKey ?? '');
    if (found) return found;
    const errorMessage = 'this tenant has no such flag';
    return {
      value: fallback,
      reason: StandardResolutionReasons.ERROR,
      errorCode: ErrorCode.FLAG_NOT_FOUND,
      errorMessage,
    };
  }
}

const mismatch = <Value>(value: Value): ResolutionDetails<Value> => ({
  value,
  reason: StandardResolutionReasons.ERROR,
  errorCode: ErrorCode.TYPE_MISMATCH,
  errorMessage: 'flags are booleans or variants (strings)',
});
