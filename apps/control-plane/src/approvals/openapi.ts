import { json, ok, path, query, refusals } from '../http/openapi-parts.ts';
import {
  ApprovalBody,
  ApprovalList,
  ApprovalsQuery,
  DecisionBody,
  RememberedBody,
  RememberedList,
} from './contract.ts';

/** The approvals' part of the OpenAPI document. */
export const approvalPaths = {
  '/v1/approvals': {
    get: {
      operationId: 'listApprovals',
      summary: 'Tool calls that wait for a person, and those that did, newest first. Scope runs.',
      parameters: query(ApprovalsQuery),
      responses: { ...ok(ApprovalList, 'A page of approvals.'), ...refusals(401, 403, 422) },
    },
  },
  '/v1/approvals/remembered': {
    get: {
      operationId: 'listRememberedApprovals',
      summary: 'Decisions that hold for further calls.',
      responses: { ...ok(RememberedList, 'Remembered decisions.'), ...refusals(401, 403) },
    },
  },
  '/v1/approvals/remembered/{id}': {
    delete: {
      operationId: 'revokeRememberedApproval',
      summary: 'People are asked again from now on.',
      parameters: [path('id')],
      responses: { ...ok(RememberedBody, 'What was revoked.'), ...refusals(401, 403, 404, 409) },
    },
  },
  '/v1/approvals/{id}': {
    get: {
      operationId: 'getApproval',
      summary: 'One approval.',
      parameters: [path('id')],
      responses: { ...ok(ApprovalBody, 'The approval.'), ...refusals(401, 403, 404) },
    },
  },
  '/v1/approvals/{id}/decision': {
    post: {
      operationId: 'decideApproval',
      summary: 'Grants or denies. For a signed-in owner, admin or reviewer; keys and tokens are refused.',
      parameters: [path('id')],
      requestBody: { required: true, content: json(DecisionBody, 'input') },
      responses: { ...ok(ApprovalBody, 'The approval.'), ...refusals(401, 403, 404, 409, 422) },
    },
  },
} as const;
