import { LLMock } from '@copilotkit/aimock';
import { countTokens } from '@switchyard/ledger';
import { reply, ScriptedRequest } from './reply.ts';

/** The name under which it answers, whatever model was asked for. */
export const SCRIPTED_MODEL = 'scripted';
const FINGERPRINT = 'fp_scripted';

export interface ScriptedServer {
  /** With `/v1`, as a base URL of OpenAI's clients. */
  readonly baseUrl: string;
  /** Nobody else on this machine may have the script answer for it. */
  readonly apiKey: string;
  close(): Promise<void>;
}

/**
 * A model for machines without a key: OpenAI's wire format on a loopback port, streaming too, and a script behind it.
 * Every answer carries the model's name `scripted` and the fingerprint `fp_scripted`. Tokens are
 * counted over what a model would have been sent, definitions of tools included.
 */
export async function startScriptedServer(apiKey: string): Promise<ScriptedServer> {
  const mock = new LLMock({
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    journalMaxEntries: 1,
    auth: { apiKeys: [apiKey] },
  });
  mock.addFixture({
    match: { predicate: () => true },
    response: (request) => {
      const said = reply(ScriptedRequest.parse(request));
      const prompt_tokens = countTokens(JSON.stringify([request.messages, request.tools ?? []])).tokens;
      const completion_tokens = countTokens(said.kind === 'text' ? said.text : JSON.stringify(said.calls)).tokens;
      const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
      const marks = { model: SCRIPTED_MODEL, systemFingerprint: FINGERPRINT, usage };
      return said.kind === 'text'
        ? { content: said.text, ...marks }
        : { toolCalls: said.calls.map(({ name, arguments: args }) => ({ name, arguments: args })), ...marks };
    },
  });
  await mock.start();
  return { baseUrl: `${mock.url}/v1`, apiKey, close: () => mock.stop() };
}
