import { query, refusals } from '../http/openapi-parts.ts';
import { AuditExportQuery } from './contract.ts';

const file = (description: string, ...types: string[]): { 200: object } => ({
  200: { description, content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])) },
});

/** The audit log's part of the OpenAPI document. */
export const auditPaths = {
  '/v1/audit/export': {
    get: {
      operationId: 'exportAudit',
      summary: 'The audit log as it stands now, oldest first, streamed. Scope admin.',
      description: 'That it was exported is an event of its own, behind those that were.',
      parameters: query(AuditExportQuery),
      responses: {
        ...file('One event on each line.', 'application/x-ndjson', 'text/csv'),
        ...refusals(401, 403, 422),
      },
    },
  },
  '/v1/audit/public-keys': {
    get: {
      operationId: 'getAuditPublicKeys',
      summary: 'The Ed25519 keys by which checkpoints of the audit log are checked. Scope admin.',
      responses: { ...file('PEM, the key that signs now first.', 'application/x-pem-file'), ...refusals(401, 403) },
    },
  },
} as const;
