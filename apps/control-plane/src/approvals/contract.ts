import { APPROVAL_STATUSES, REMEMBER_SCOPES, RISKS } from '@switchyard/tools';
import { z } from 'zod';

const Vote = z.object({ by: z.string(), granted: z.boolean(), comment: z.string().nullable(), at: z.string() });

/** A tool call that a person decides on. */
export const ApprovalBody = z.object({
  id: z.string(),
  status: z.enum(APPROVAL_STATUSES),
  tool: z.string().describe('server.tool'),
  risk: z.enum(RISKS).describe('by what the tool says of itself; nothing said is destructive'),
  arguments: z.unknown().describe('masked and bounded'),
  reasons: z.array(z.string()),
  persons: z.number().int().describe('how many have to grant it'),
  execution: z.string().nullable().describe('the run that waits'),
  askedBy: z.object({ kind: z.string(), name: z.string() }),
  conversation: z.string().nullable(),
  requestedAt: z.string(),
  expiresAt: z.string(),
  decidedAt: z.string().nullable(),
  decidedBy: z.string().nullable(),
  votes: z.array(Vote),
});
export type ApprovalBody = z.infer<typeof ApprovalBody>;

export const ApprovalsQuery = z.strictObject({
  status: z.enum(APPROVAL_STATUSES).optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(25),
});
export type ApprovalsQuery = z.infer<typeof ApprovalsQuery>;

export const ApprovalList = z.object({ approvals: z.array(ApprovalBody), next: z.string().nullable() });
export type ApprovalList = z.infer<typeof ApprovalList>;

export const DecisionBody = z.strictObject({
  granted: z.boolean(),
  comment: z.string().max(1_000).optional().describe('told to the code that asked, where it is denied'),
  remember: z
    .strictObject({
      scope: z
        .enum(REMEMBER_SCOPES)
        .describe('always of the same caller: this tool, these arguments, or this conversation'),
      days: z.number().int().min(1).max(90),
    })
    .optional()
    .describe('decides calls like this one too, until it expires or is revoked'),
});
export type DecisionBody = z.infer<typeof DecisionBody>;

export const RememberedBody = z.object({
  id: z.string(),
  granted: z.boolean(),
  scope: z.enum(REMEMBER_SCOPES),
  tool: z.string(),
  conversation: z.string().nullable(),
  for: z.object({ kind: z.string(), name: z.string() }),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  revokedAt: z.string().nullable(),
  revokedBy: z.string().nullable(),
  uses: z.number().int(),
});
export type RememberedBody = z.infer<typeof RememberedBody>;
export const RememberedList = z.object({ remembered: z.array(RememberedBody) });
export type RememberedList = z.infer<typeof RememberedList>;
