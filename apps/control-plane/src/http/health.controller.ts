import { Controller, Get, Inject } from '@nestjs/common';
import { AppError } from '@switchyard/kernel';
import { SERVICES, type Services } from '../services.ts';
import { Access } from './access.ts';
import { openApiDocument } from './openapi.ts';

@Controller()
@Access('public')
export class HealthController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** The process answers. */
  @Get('healthz')
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The process can do its work: the database answers and an executor is connected. */
  @Get('readyz')
  async readyz(): Promise<{ status: 'ready' }> {
    const missing = await this.services.missingParts();
    if (missing.length > 0)
      throw new AppError('unavailable', `Not ready: ${missing.join(', ')}.`, { missing, retryAfterSeconds: 2 });
    return { status: 'ready' };
  }

  @Get('openapi.json')
  openApi(): unknown {
    return openApiDocument(this.services.publicUrl, this.services.version);
  }
}
