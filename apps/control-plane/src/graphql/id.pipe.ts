import type { PipeTransform } from '@nestjs/common';
import { AppError, isUuid } from '@switchyard/kernel';

/** What is no id at all names nothing: the same answer as for an id that nobody has. */
export class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly what: string) {}

  transform(id: string): string {
    if (!isUuid(id)) throw new AppError('not_found', `There is no such ${this.what} in this tenant.`);
    return id;
  }
}
