import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { parseChatRequest, toCompletion, type AnswerStart } from '@switchyard/chat';
import { AppError, type Ctx } from '@switchyard/kernel';
import type { FastifyReply } from 'fastify';
import { Access, CurrentCtx } from '../http/access.ts';
import type { SwitchyardRequest } from '../http/request.ts';
import { ZodPipe } from '../http/zod-pipe.ts';
import { SERVICES, type Services } from '../services.ts';
import { CompletionStream } from './completion-stream.ts';
import { FeedbackBody } from './contract.ts';
import { wireErrorOf } from './wire-errors.ts';

/** Proxies and clients on the way may give up on a longer silence. */
const STREAM_PATIENCE_MS = 10_000;

@Controller('v1')
@Access('chat')
export class ChatController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post('chat/completions')
  async complete(
    @CurrentCtx() ctx: Ctx,
    @Body() body: unknown,
    @Req() _request: SwitchyardRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const request = parseChatRequest(body);
    const created = Math.floor(this.services.clock.now().getTime() / 1_000);
    let start: AnswerStart | undefined;
    let run: string | undefined;
    const headers = (): Record<string, string> => ({
      'x-switchyard-trace': ctx.traceId,
      ...(start ? { 'x-switchyard-arm': start.arm, 'x-switchyard-conversation': encodeURI(start.conversation) } : {}),
      ...(start?.scripted ? { 'x-switchyard-model': 'scripted' } : {}),
      ...(run ? { 'x-switchyard-run': run } : {}),
    });
    const begin = (begun: AnswerStart): void => void (start = begun);
    if (request.stream !== true) {
      reply.header('x-switchyard-trace', ctx.traceId);
      const answer = await this.services.chat.send(ctx, request, { begin });
      run = answer.runs.at(-1)?.id;
      await reply
        .status(200)
        .headers(headers())
        .send(
          toCompletion(
            { id: answer.id, created, model: answer.model, extras: answer.extras },
            answer.choices,
            answer.usage,
          ),
        );
      return;
    }

    const stream = new CompletionStream(reply, {
      created,
      headers,
      includeUsage: request.stream_options?.include_usage === true,
    });
    const patience = setTimeout(() => stream.open(), STREAM_PATIENCE_MS);
    try {
      const answer = await this.services.chat.send(ctx, request, {
        begin,
        delta(delta, source) {
          run ??= source.run;
          if (start) stream.delta(start, delta, source);
        },
      });
      run ??= answer.runs.at(-1)?.id;
      stream.end(answer);
    } catch (error) {
      if (!stream.isOpen) throw error;
      stream.fail(wireErrorOf(this.services.errorBody(error, ctx.traceId)));
    } finally {
      clearTimeout(patience);
    }
  }

  @Get('models')
  async models(@CurrentCtx() ctx: Ctx): Promise<object> {
    return { object: 'list', data: await this.services.chat.models(ctx) };
  }

  @Get('models/:id')
  async model(@CurrentCtx() ctx: Ctx, @Param('id') id: string): Promise<object> {
    const found = (await this.services.chat.models(ctx)).find((model) => model['id'] === id);
    if (found) return found;
    throw new AppError('not_found', `The model '${id.slice(0, 200)}' does not exist: GET /v1/models lists them.`, {
      param: 'model',
      upstreamCode: 'model_not_found',
    });
  }

  @Post('feedback')
  feedback(@CurrentCtx() ctx: Ctx, @Body(new ZodPipe(FeedbackBody)) body: FeedbackBody): Promise<{ id: string }> {
    return this.services.chat.feedback(ctx, body);
  }
}
