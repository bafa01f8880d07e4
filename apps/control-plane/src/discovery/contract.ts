import { z } from 'zod';

export const DETAIL_LEVELS = ['name_only', 'with_description', 'full'] as const;

export const SearchQuery = z.strictObject({
  query: z.string().max(1_000).default(''),
  detail_level: z.enum(DETAIL_LEVELS).default('with_description'),
  limit: z.coerce.number().int().min(1).max(200).default(10),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

export const ListQuery = z.strictObject({
  category: z.string().optional(),
  detail_level: z.enum(DETAIL_LEVELS).default('name_only'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().optional(),
});
export type ListQuery = z.infer<typeof ListQuery>;

export const ToolBody = z.object({
  server: z.string(),
  name: z.string(),
  path: z.string(),
  description: z.string().optional(),
  declaration: z.string().optional().describe('self-contained TypeScript'),
  inputSchema: z.unknown().optional(),
  outputSchema: z.unknown().optional(),
});

export const ToolList = z.object({
  tools: z.array(ToolBody),
  total: z.number().int().describe('how many there are in all'),
  next: z.string().nullable().describe('the cursor of the next page'),
});

export const CategoryList = z.object({ categories: z.array(z.object({ name: z.string(), tools: z.number().int() })) });
