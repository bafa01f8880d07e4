export { systemClock, type Clock } from './clock.ts';
export {
  ARMS,
  ROLES,
  SCOPES,
  SURFACES,
  systemCtx,
  type Arm,
  type Ctx,
  type Principal,
  type Role,
  type Scope,
  type SpanRef,
  type Surface,
} from './ctx.ts';
export { AppError, ERROR_CODES, messageOf, unreachable, type ErrorCode, type ErrorDetails } from './errors.ts';
export {
  isUuid,
  newId,
  type Branded,
  type CallId,
  type ConnectionId,
  type DecisionId,
  type KeyId,
  type RunId,
  type TenantId,
  type ToolId,
  type UserId,
} from './ids.ts';
export { canonicalJson, type Json } from './json.ts';
