import { z } from 'zod';
import { approvalPaths } from '../approvals/openapi.ts';
import { auditPaths } from '../audit/openapi.ts';
import { CategoryList, ListQuery, SearchQuery, ToolBody, ToolList } from '../discovery/contract.ts';
import { CompletionAnswer, CompletionBody, FeedbackAnswer, FeedbackBody, ModelList } from '../openai/contract.ts';
import {
  ExecutionAnswer,
  ExecutionBody,
  ExecutionsQuery,
  FileList,
  FileQuery,
  ReplayAnswer,
  ReplayBody,
} from '../runs/contract.ts';
import { skillPaths } from '../skills/openapi.ts';
import { json, ok, path, query, refusals } from './openapi-parts.ts';

/** The REST surface, generated from the schemas that the controllers parse with. */
export function openApiDocument(publicUrl: string, version: string): object {
  return {
    openapi: '3.0.3',
    info: {
      title: 'Switchyard',
      version,
      description: 'Governed execution of code that calls MCP tools.',
      license: { name: 'MIT' },
    },
    servers: [{ url: publicUrl }],
    security: [{ key: [] }],
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key of the tenant.' } },
    },
    paths: {
      '/v1/chat/completions': {
        post: {
          operationId: 'createChatCompletion',
          summary: "Chat, in OpenAI's wire format, streaming too. Scope chat.",
          description:
            "Point an OpenAI SDK's base URL here. Errors have OpenAI's form. Answer headers: X-Switchyard-Arm, X-Switchyard-Run, X-Switchyard-Conversation, X-Switchyard-Trace, and X-Switchyard-Model: scripted where no model answers.",
          requestBody: { required: true, content: json(CompletionBody, 'input') },
          responses: { ...ok(CompletionAnswer, 'The answer.'), ...refusals(400, 401, 403, 413, 429) },
        },
      },
      '/v1/models': {
        get: {
          operationId: 'listModels',
          summary: "The models of this tenant's endpoint. Scope chat.",
          responses: { ...ok(ModelList, 'Models.'), ...refusals(401, 403) },
        },
      },
      '/v1/models/{id}': {
        get: {
          operationId: 'getModel',
          summary: 'One model.',
          parameters: [path('id')],
          responses: { ...ok(z.looseObject({ id: z.string() }), 'The model.'), ...refusals(401, 403, 404) },
        },
      },
      '/v1/feedback': {
        post: {
          operationId: 'giveFeedback',
          summary: 'What somebody thought of an answer. Scope chat.',
          requestBody: { required: true, content: json(FeedbackBody, 'input') },
          responses: { 201: ok(FeedbackAnswer, 'Kept.')[200], ...refusals(400, 401, 403, 404, 422) },
        },
      },
      '/v1/executions': {
        post: {
          operationId: 'execute',
          summary: 'Run code. With `Accept: text/event-stream` its logs and calls come as they happen.',
          description: 'Scope runs. Code that is refused or fails is HTTP 200 with its status.',
          requestBody: { required: true, content: json(ExecutionBody, 'input') },
          responses: { ...ok(ExecutionAnswer, 'How the run ended.'), ...refusals(400, 401, 403, 413, 422, 429) },
        },
        get: {
          operationId: 'listExecutions',
          summary: 'Runs, newest first.',
          parameters: query(ExecutionsQuery),
          responses: {
            ...ok(z.object({ executions: z.array(ExecutionAnswer), next: z.string().nullable() }), 'A page of runs.'),
            ...refusals(401, 403, 422),
          },
        },
      },
      '/v1/executions/{id}': {
        get: {
          operationId: 'getExecution',
          summary: 'One run.',
          parameters: [path('id')],
          responses: { ...ok(ExecutionAnswer, 'The run.'), ...refusals(401, 403, 404) },
        },
      },
      '/v1/executions/{id}/replay': {
        post: {
          operationId: 'replayExecution',
          summary: 'Run it again against what its calls gave then, without calling a tool, and see what differs.',
          description: 'Scope runs; runs of others need scope admin. Leaves an audit event, and no run.',
          parameters: [path('id')],
          requestBody: { required: false, content: json(ReplayBody, 'input') },
          responses: {
            ...ok(ReplayAnswer, 'How it ended, and the differences.'),
            ...refusals(401, 403, 404, 409, 422, 429),
          },
        },
      },
      '/v1/executions/{id}/result': {
        get: {
          operationId: 'getExecutionResult',
          summary: 'The whole result of a run that was too large to send, as JSON.',
          parameters: [path('id')],
          responses: { ...ok(z.unknown(), 'The result.'), ...refusals(401, 403, 404) },
        },
      },
      '/v1/executions/{id}/files': {
        get: {
          operationId: 'listExecutionFiles',
          summary: 'The workspace that the run could see, as it is now.',
          parameters: [path('id')],
          responses: { ...ok(FileList, 'The files.'), ...refusals(401, 403, 404) },
        },
        delete: {
          operationId: 'deleteExecutionFile',
          summary: 'Removes a file of that workspace.',
          parameters: [path('id'), ...query(FileQuery)],
          responses: { 204: { description: 'It is gone.' }, ...refusals(401, 403, 404, 422) },
        },
      },
      '/v1/executions/{id}/files/content': {
        get: {
          operationId: 'getExecutionFile',
          summary: 'One file of that workspace, as JSON; a text is a JSON string.',
          parameters: [path('id'), ...query(FileQuery)],
          responses: { ...ok(z.unknown(), 'The file.'), ...refusals(401, 403, 404, 422) },
        },
      },
      ...approvalPaths,
      ...skillPaths,
      ...auditPaths,
      '/v1/tools/search': {
        get: {
          operationId: 'searchTools',
          summary: 'The tools that fit a description of the task, best first. Scope tools.',
          parameters: query(SearchQuery),
          responses: { ...ok(ToolList, 'Tools the caller may use.'), ...refusals(401, 403, 422) },
        },
      },
      '/v1/tools/categories': {
        get: {
          operationId: 'listCategories',
          summary: 'Categories of tools.',
          responses: { ...ok(CategoryList, 'Categories.'), ...refusals(401, 403) },
        },
      },
      '/v1/tools': {
        get: {
          operationId: 'listTools',
          summary: 'Tools, by category.',
          parameters: query(ListQuery),
          responses: { ...ok(ToolList, 'Tools the caller may use.'), ...refusals(401, 403, 422) },
        },
      },
      '/v1/tools/{server}/{tool}': {
        get: {
          operationId: 'getTool',
          summary: 'One tool in full.',
          parameters: [path('server'), path('tool')],
          responses: { ...ok(ToolBody, 'The tool.'), ...refusals(401, 403, 404) },
        },
      },
    },
  };
}
