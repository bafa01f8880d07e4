import { Body, Controller, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { newId, type Ctx, type RunId } from '@switchyard/kernel';
import type { FastifyReply } from 'fastify';
import { Access, CurrentCtx } from '../http/access.ts';
import { type SwitchyardRequest } from '../http/request.ts';
import { openEventStream, type EventStream } from '../http/sse.ts';
import { ZodPipe } from '../http/zod-pipe.ts';
import { SERVICES, type Services } from '../services.ts';
import { ExecutionBody, ExecutionsQuery, type ExecutionAnswer } from './contract.ts';
import { toAnswer, toStoredAnswer } from './answer.ts';

/** A client that waits in silence for longer may give up. */
const STREAM_PATIENCE_MS = 1_000;

const wantsStream = (request: SwitchyardRequest): boolean =>
  (request.headers.accept ?? '').includes('text/event-stream');

@Controller('v1/executions')
export class RunsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post()
  @Access('runs.execute')
  async execute(
    @CurrentCtx() ctx: Ctx,
    @Body(new ZodPipe(ExecutionBody)) body: ExecutionBody,
    @Req() request: SwitchyardRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const conversation = body.conversation;
    // Whoever runs code with a session does so in the console's playground.
    const surface = ctx.surface === 'console' ? 'playground' : ctx.surface;
    const runCtx: Ctx = { ...ctx, surface, ...(conversation ? { conversation } : {}) };
    const id = newId<RunId>();
    const headers = { 'x-switchyard-trace': ctx.traceId, 'x-switchyard-run': id };
    if (!wantsStream(request)) {
      const answer = await this.services.runs.execute(runCtx, { ...body, id });
      await reply.status(200).headers(headers).send(toAnswer(answer));
      return;
    }
    // Opened with the first event, so that a run which is not admitted is still a status and not an event.
    let stream: EventStream | undefined;
    const open = (): EventStream => (stream ??= openEventStream(reply, headers));
    const patience = setTimeout(open, STREAM_PATIENCE_MS);
    try {
      const answer = await this.services.runs.execute(
        runCtx,
        { ...body, id },
        {
          log: (line) => void open().send('log', line),
          call: (call) => void open().send('call', call),
        },
      );
      open().end('result', toAnswer(answer));
    } catch (error) {
      if (!stream) throw error;
      stream.end('error', this.services.errorBody(error, ctx.traceId));
    } finally {
      clearTimeout(patience);
    }
  }

  @Get()
  @Access('runs.read')
  async list(
    @CurrentCtx() ctx: Ctx,
    @Query(new ZodPipe(ExecutionsQuery)) query: ExecutionsQuery,
  ): Promise<{ executions: ExecutionAnswer[]; next: string | null }> {
    const page = await this.services.ledger.listRuns(ctx, query);
    return { executions: page.items.map((run) => toStoredAnswer(run)), next: page.next };
  }

  @Get(':id')
  @Access('runs.read')
  async get(@CurrentCtx() ctx: Ctx, @Param('id') id: string): Promise<ExecutionAnswer> {
    return toStoredAnswer(await this.services.ledger.getRun(ctx, id));
  }
}
