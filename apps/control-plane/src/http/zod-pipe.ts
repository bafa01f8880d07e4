import { type PipeTransform } from '@nestjs/common';
import { AppError } from '@switchyard/kernel';
import type { z } from 'zod';

/** The first thing that is wrong with a value, by its path, and how many more there are. */
export function refusal(error: z.ZodError): AppError {
  const [first, ...others] = error.issues;
  const path = first?.path.join('.') ?? '';
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return new AppError('unprocessable', `${path ? `${path}: ` : ''}${first?.message ?? 'not acceptable'}${more}`, {
    path,
    issues: error.issues.slice(0, 20).map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  });
}

/** Parses a body or a query by its schema; what does not fit is 422 with the field's path. */
export class ZodPipe<Schema extends z.ZodType> implements PipeTransform {
  constructor(private readonly schema: Schema) {}

  transform(value: unknown): z.infer<Schema> {
    const parsed = this.schema.safeParse(value ?? {});
    if (!parsed.success) throw refusal(parsed.error);
    return parsed.data;
  }
}
