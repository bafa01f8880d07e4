import { EventSourceParserStream } from 'eventsource-parser/stream';
import { ApiError } from '../api/errors.ts';
import { send } from '../api/http.ts';
import { parseAnswer, parseCall, parseLog, type Answer, type CallLine, type LogLine } from './answer.ts';

interface Sink {
  readonly admitted: (runId: string | undefined) => void;
  readonly log: (line: LogLine) => void;
  readonly call: (call: CallLine) => void;
}

/** Runs code and tells what happens while it does. Aborting the signal stops the run. Throws ApiError. */
export async function execute(code: string, sink: Sink, signal: AbortSignal): Promise<Answer> {
  const response = await send('/v1/executions', {
    method: 'POST',
    body: { code, language: 'typescript' },
    accept: 'text/event-stream',
    signal,
  });
  sink.admitted(response.headers.get('x-switchyard-run') ?? undefined);
  if (!response.body) throw new ApiError('UNAVAILABLE', 'The control plane answered with nothing. Try again.', 502);
  const events = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .pipeThrough(new EventSourceParserStream());
  const reader = events.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const data: unknown = JSON.parse(value.data);
    if (value.event === 'log') sink.log(parseLog(data));
    else if (value.event === 'call') sink.call(parseCall(data));
    else if (value.event === 'result') return parseAnswer(data);
    else if (value.event === 'error') throw errorOf(data);
  }
  throw new ApiError(
    'UNAVAILABLE',
    'The connection broke before the result came. Look under Runs what became of it.',
    502,
  );
}

function errorOf(data: unknown): ApiError {
  const error = (data as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  return new ApiError(
    typeof error?.code === 'string' ? error.code : 'UNAVAILABLE',
    typeof error?.message === 'string' ? error.message : 'The run could not be brought to its end. Try again.',
    500,
  );
}
