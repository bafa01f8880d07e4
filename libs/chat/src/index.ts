export type { ArmAnswer } from './arm-answer.ts';
export { type AnswerRun, type Execute, type ExecutedRun } from './arms/code-calls.ts';
export {
  createChat,
  type AnswerStart,
  type Chat,
  type ChatAnswer,
  type ChatOptions,
  type ChatSink,
  type Served,
} from './chat.ts';
export {
  type Assign,
  type Assignment,
  type ChatFlags,
  type KillSignal,
  type Observation,
  type Observe,
  type ReadFlags,
} from './experiment.ts';
export { createEndpoints, type OperatorEndpoint, type WithModel } from './model/endpoint.ts';
export { type ModelBooks } from './model/recorded-model.ts';
export { recordingFetch, replayingFetch } from './model/tape.ts';
export { PROMPTS, type Prompt } from './prompts/prompts.ts';
export { SAMPLE_QUESTIONS, type SampleQuestion } from './scripted/questions.ts';
export { SCRIPTED_MODEL, startScriptedServer, type ScriptedServer } from './scripted/server.ts';
export {
  FEEDBACK_KINDS,
  type ConversationFilter,
  type ConversationPage,
  type ConversationSummary,
  type FeedbackKind,
  type StoredFeedback,
  type StoredMessage,
} from './store/conversation.ts';
export { type ShownSettings } from './store/settings.store.ts';
export { ON_CODE_FAILURE, type ChatSettingsChange, type OnCodeFailure } from './store/settings.ts';
export { createChunks, toCompletion, type AnswerChoice, type Chunks } from './wire/answer.ts';
export { opaqueWireError, toWireError, type WireError } from './wire/error.ts';
export { ChatMessage, parseChatRequest, type ChatRequest } from './wire/request.ts';
export { type Delta, type Usage } from './wire/turn.ts';
