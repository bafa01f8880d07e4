import { AppError, type Ctx } from '@switchyard/kernel';
import type { Ledger } from '@switchyard/ledger';
import { z } from 'zod';
import { checkName, type WorkspaceOwner } from './names.ts';
import {
  listFiles,
  readFile,
  removeFile,
  sweepFiles,
  WORKSPACE_QUOTAS,
  writeFile,
  type WorkspaceFile,
  type WorkspaceStore,
} from './workspace.store.ts';

export interface WorkspaceOptions extends Omit<WorkspaceStore, 'quotas'> {
  readonly quotas?: WorkspaceStore['quotas'];
  readonly appendAudit: Ledger['appendAudit'];
}

export interface Workspace {
  /** What code gets for `workspace.<method>(…)`, as JSON text. Throws AppError for what the code can mend. */
  answer(ctx: Pick<Ctx, 'tenantId'>, owner: WorkspaceOwner, call: { method: string; args: unknown }): Promise<string>;
  list(ctx: Pick<Ctx, 'tenantId'>, owner: WorkspaceOwner): Promise<WorkspaceFile[]>;
  /** The file as JSON: a text is a JSON string. Throws AppError `not_found`. */
  read(ctx: Pick<Ctx, 'tenantId'>, owner: WorkspaceOwner, name: string): Promise<Buffer>;
  /** By a person, on record. Throws AppError `not_found`. */
  remove(ctx: Ctx, owner: WorkspaceOwner, name: string): Promise<void>;
  /** Forgets a tenant's files whose time is over. */
  sweep(ctx: Pick<Ctx, 'tenantId'>): Promise<void>;
}

const Named = z.object({ name: z.string() });
const Written = Named.extend({ kind: z.enum(['text', 'json']), content: z.string() });

function given<Schema extends z.ZodType>(schema: Schema, args: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(args);
  if (!parsed.success) throw new AppError('unprocessable', z.prettifyError(parsed.error));
  return parsed.data;
}

/** The sandbox said that it is JSON, and is not believed. */
function checkedJson(content: string): string {
  try {
    JSON.parse(content);
    return content;
  } catch {
    throw new AppError('unprocessable', 'The content is not JSON.');
  }
}

/** Files that runs of one conversation share. What code writes is stored as it is, sealed, until it expires. */
export function createWorkspace({ quotas = WORKSPACE_QUOTAS, appendAudit, ...rest }: WorkspaceOptions): Workspace {
  const store: WorkspaceStore = { ...rest, quotas };

  async function read(ctx: Pick<Ctx, 'tenantId'>, owner: WorkspaceOwner, name: string): Promise<Buffer> {
    const found = await readFile(store, ctx, owner, name);
    if (found) return found;
    throw await missing(ctx, owner, name);
  }

  async function missing(ctx: Pick<Ctx, 'tenantId'>, owner: WorkspaceOwner, name: string): Promise<AppError> {
    const names = (await listFiles(store, ctx, owner)).map((file) => file.name);
    const there = names.length === 0 ? 'The workspace is empty.' : `There are: ${names.slice(0, 10).join(', ')}.`;
    const kept = owner.conversation ? '' : ' Without a conversation, files are kept for their own run only.';
    return new AppError('not_found', `There is no file "${name.slice(0, 200)}". ${there}${kept}`);
  }

  return {
    async answer(ctx, owner, { method, args }) {
      switch (method) {
        case 'write': {
          const { name, kind, content } = given(Written, args);
          const json = kind === 'text' ? JSON.stringify(content) : checkedJson(content);
          const bytes = await writeFile(store, ctx, owner, { name: checkName(name), kind, json });
          return JSON.stringify({ name, bytes });
        }
        case 'read':
          return (await read(ctx, owner, given(Named, args).name)).toString();
        case 'list': {
          const files = await listFiles(store, ctx, owner);
          return JSON.stringify(files.map(({ name, kind, bytes, updatedAt }) => ({ name, kind, bytes, updatedAt })));
        }
        case 'remove': {
          const { name } = given(Named, args);
          if (!(await removeFile(store, ctx, owner, { name }))) throw await missing(ctx, owner, name);
          return 'null';
        }
        default:
          throw new AppError('not_found', 'workspace has read, write, list, remove and open.');
      }
    },
    list: (ctx, owner) => listFiles(store, ctx, owner),
    read,
    async remove(ctx, owner, name) {
      const target = { kind: 'run', id: owner.runId };
      const alongside: NonNullable<Parameters<typeof removeFile>[3]['alongside']> = (tx) =>
        appendAudit(tx, ctx, { action: 'workspace.file_removed', target, before: { name } });
      if (!(await removeFile(store, ctx, owner, { name, alongside }))) throw await missing(ctx, owner, name);
    },
    sweep: async (ctx) => void (await sweepFiles(store, ctx)),
  };
}
