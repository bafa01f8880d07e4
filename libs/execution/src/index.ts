export { ARGUMENT_CAP_BYTES, DEFAULT_LIMITS, limitsSchema, RESULT_HARD_CAP_BYTES, type Limits } from './limits.ts';
export {
  CANCELLED,
  NO_USAGE,
  STAGES,
  type Finding,
  type LimitKind,
  type RunOutcome,
  type Stage,
  type Usage,
} from './outcome.ts';
export {
  DISCOVERY_FUNCTIONS,
  DISCOVERY_SERVER,
  programSchema,
  SKILLS_SERVER,
  WORKSPACE_SERVER,
  type Program,
} from './program.ts';
export { closeMatches } from './validate/close-match.ts';
export { importForm, type ImportCatalog, type ImportForm } from './validate/import-form.ts';
export { IMPORT_RULES, type ImportCode } from './validate/import-rules.ts';
export { type NamedTool } from './validate/imports.ts';
export { DENSITY_CAP, SOURCE_CAP_BYTES } from './validate/parse.ts';
export { PATTERN_RULES, type PatternCode, type PatternRule } from './validate/pattern-rules.ts';
export { codeShape } from './validate/shape.ts';
export { validate, type Validated } from './validate/validate.ts';
export { countStatements, linesThatRan, type CountedCode } from './prepare/count-statements.ts';
export { prepare, type Prepared, type PrepareOptions } from './prepare/prepare.ts';
export { skillModule, type SkillModule, type SkillModuleResult } from './prepare/skill-module.ts';
export { createTypeChecker, type TypeChecker, type TypeCheckerOptions } from './types/type-checker.ts';
export { typeFindings } from './types/type-stage.ts';
export {
  type Executor,
  type ExecutorStatus,
  type InvokeCall,
  type InvokeReply,
  type LogEntry,
  type RunHost,
  type RunJob,
} from './executor/executor.ts';
export { LocalExecutor, type LocalExecutorOptions } from './executor/local-executor.ts';
export { DEFAULT_POOL, type PoolSettings } from './executor/pool.ts';
export { serveExecutor, type ExecutorServer } from './remote/serve.ts';
export { EXECUTOR_LOST, SocketExecutor } from './remote/socket-executor.ts';
export { startExecutorProcess, type ExecutorProcessOptions, type ExecutorSupervisor } from './remote/supervisor.ts';
export { BOOT_FILE, denoBinary } from './sandbox/deno-binary.ts';
export { DenoProcess } from './sandbox/deno-process.ts';
export { type LayerName, type Launch, type WallLayer, type WallReport } from './sandbox/launch.ts';
export { detectWall, standWall, type Wall, type WallOptions } from './sandbox/wall.ts';
