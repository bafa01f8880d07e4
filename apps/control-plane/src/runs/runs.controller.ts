import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { newId, type Ctx, type Json, type RunId } from '@switchyard/kernel';
import type { RunAnswer } from '@switchyard/runs';
import type { FastifyReply } from 'fastify';
import { Access, CurrentCtx } from '../http/access.ts';
import { type SwitchyardRequest } from '../http/request.ts';
import { openEventStream, type EventStream } from '../http/sse.ts';
import { ZodPipe } from '../http/zod-pipe.ts';
import { SERVICES, type Services } from '../services.ts';
import {
  ExecutionBody,
  ExecutionsQuery,
  FileQuery,
  ReplayBody,
  type ExecutionAnswer,
  type FileList,
  type ReplayAnswer,
} from './contract.ts';
import { toAnswer, toCall, toNotice, toReplayAnswer, toStoredAnswer } from './answer.ts';

/** A client that waits in silence for longer may give up. */
const STREAM_PATIENCE_MS = 1_000;

const wantsStream = (request: SwitchyardRequest): boolean =>
  (request.headers.accept ?? '').includes('text/event-stream');

/** To be saved by a browser and not shown: nothing in it is ever a page of ours. */
const sendJsonFile = async (reply: FastifyReply, content: Buffer, file: string): Promise<void> =>
  void (await reply
    .status(200)
    .headers({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="${file.replace(/[^\w.-]/g, '_')}"`,
      'cache-control': 'no-store',
    })
    .send(content));

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
    const { limits, tier } = body;
    const code = body.skill === undefined ? (body.code ?? '') : { skill: body.skill, input: body.input as Json };
    const headers = { 'x-switchyard-trace': ctx.traceId, 'x-switchyard-run': id };
    if (!wantsStream(request)) {
      const answer = await this.services.runs.execute(runCtx, { id, code, limits, tier });
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
        { id, code, limits, tier },
        {
          log: (line) => void open().send('log', line),
          call: (call) => void open().send('call', toCall(call)),
          approval: (approval) => void open().send('approval', toNotice(approval)),
        },
      );
      open().end('result', toAnswer(await this.ended(runCtx, answer)));
    } catch (error) {
      if (!stream) throw error;
      stream.end('error', this.services.errorBody(error, ctx.traceId));
    } finally {
      clearTimeout(patience);
    }
  }

  /** Whoever listens hears the end, also of a run that waits for people; not when the server stops before. */
  private async ended(ctx: Ctx, answer: RunAnswer): Promise<RunAnswer> {
    if (answer.status !== 'awaiting_approval') return answer;
    return this.services.runs.settled(ctx, answer.id, ctx.signal).catch((error: unknown) => {
      if (!ctx.signal.aborted) throw error;
      return answer;
    });
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
    const { ledger, approvals, runContent } = this.services;
    const run = await ledger.getRun(ctx, id);
    if (run.status === 'awaiting_approval')
      return toStoredAnswer(run, null, (await approvals.list(ctx, { runId: run.id, status: 'pending' })).items);
    return runContent.answer(ctx, run);
  }

  @Post(':id/replay')
  @HttpCode(200)
  @Access('runs.execute')
  async replay(
    @CurrentCtx() ctx: Ctx,
    @Param('id') runId: string,
    @Body(new ZodPipe(ReplayBody)) { code }: ReplayBody,
  ): Promise<ReplayAnswer> {
    return toReplayAnswer(await this.services.runContent.replay(ctx, { runId, code }));
  }

  @Get(':id/result')
  @Access('runs.read')
  async result(@CurrentCtx() ctx: Ctx, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    await sendJsonFile(reply, await this.services.runContent.result(ctx, id), `result-${id}.json`);
  }

  @Get(':id/files')
  @Access('runs.read')
  async files(@CurrentCtx() ctx: Ctx, @Param('id') id: string): Promise<FileList> {
    const files = await this.services.runContent.files(ctx, id);
    return {
      files: files.map(({ name, kind, bytes, updatedAt, expiresAt }) => ({
        name,
        kind,
        bytes,
        updatedAt: updatedAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      })),
    };
  }

  @Get(':id/files/content')
  @Access('runs.read')
  async file(
    @CurrentCtx() ctx: Ctx,
    @Param('id') id: string,
    @Query(new ZodPipe(FileQuery)) { name }: FileQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendJsonFile(reply, await this.services.runContent.file(ctx, id, name), `${name.replaceAll('/', '-')}.json`);
  }

  @Delete(':id/files')
  @HttpCode(204)
  @Access('runs.execute')
  async removeFile(
    @CurrentCtx() ctx: Ctx,
    @Param('id') id: string,
    @Query(new ZodPipe(FileQuery)) { name }: FileQuery,
  ): Promise<void> {
    await this.services.runContent.removeFile(ctx, id, name);
  }
}
