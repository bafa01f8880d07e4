import { FEEDBACK_KINDS } from '@switchyard/chat';
import { z } from 'zod';

export const FeedbackBody = z.strictObject({
  conversation: z.string().min(1).max(200).describe('as the app named it, or as X-Switchyard-Conversation answered'),
  run: z.string().max(100).optional().describe('the run that it is about, as X-Switchyard-Run answered'),
  kind: z.enum(FEEDBACK_KINDS),
  text: z.string().max(20_000).optional(),
});
export type FeedbackBody = z.infer<typeof FeedbackBody>;

export const FeedbackAnswer = z.object({ id: z.string() });

/** For the API's description: OpenAI's own documents say the rest. */
export const CompletionBody = z.looseObject({
  model: z.string().optional().describe('a name that the model endpoint knows; left out or "switchyard": the default'),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
  stream: z.boolean().optional(),
  tools: z
    .array(z.unknown())
    .optional()
    .describe("the app's own tools: the model's calls of them come back as tool_calls"),
  metadata: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('conversation_id names the conversation, intent what its user wants: experiments are shown by it'),
});
export const CompletionAnswer = z.looseObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.number(),
  model: z.string(),
  choices: z.array(z.unknown()),
  usage: z.unknown(),
});
export const ModelList = z.object({ object: z.literal('list'), data: z.array(z.looseObject({ id: z.string() })) });
