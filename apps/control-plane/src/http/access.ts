import {
  Inject,
  Injectable,
  SetMetadata,
  createParamDecorator,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { Ctx } from '@switchyard/kernel';
import { requirePermission, type Permission } from '@switchyard/identity';
import { SERVICES, type Services } from '../services.ts';
import type { SwitchyardRequest } from './request.ts';

const ACCESS = 'switchyard:access';

/** Declares who may use a handler: a permission, whoever is signed in, or everyone. A handler that declares nothing is refused to all. */
export const Access = (permission: Permission | 'signed-in' | 'public'): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS, permission);

/** The request behind a handler, whichever way it came. */
export function requestOf(context: ExecutionContext): SwitchyardRequest {
  return context.getType<string>() === 'graphql'
    ? GqlExecutionContext.create(context).getContext<{ request: SwitchyardRequest }>().request
    : context.switchToHttp().getRequest<SwitchyardRequest>();
}

/** The context that the guard made. */
export const CurrentCtx = createParamDecorator((_data: unknown, context: ExecutionContext): Ctx => {
  const { ctx } = requestOf(context);
  if (!ctx) throw new Error('CurrentCtx on a handler that is public');
  return ctx;
});

@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Permission | 'signed-in' | 'public' | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    if (!access) throw new Error(`${context.getClass().name}.${context.getHandler().name} declares no access`);
    const request = requestOf(context);
    request.ctx ??= await this.services.openCtx(request);
    if (context.getType<string>() === 'http') await this.services.ledger.admitRequest(request.ctx);
    if (access !== 'signed-in') requirePermission(request.ctx, access);
    return true;
  }
}
