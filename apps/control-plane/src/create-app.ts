import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import helmet from '@fastify/helmet';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AppModule } from './app.module.ts';
import { graphqlArmor } from './graphql/armor.ts';
import { mountRealtime } from './graphql/realtime.ts';
import { mountAuth } from './http/mount-auth.ts';
import { mountOAuth } from './http/mount-oauth.ts';
import { answerLargeBodies, watchClients } from './http/request.ts';
import { mountHooks } from './hooks/mount-hooks.ts';
import { mountMcp } from './mcp/mount-mcp.ts';
import type { Services } from './services.ts';
import { mountMetrics } from './telemetry/mount-metrics.ts';
import { observeRequests } from './telemetry/observe-requests.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const CONSOLE = fileURLToPath(new URL('../../console/dist', import.meta.url));

export interface ControlPlane {
  readonly app: NestFastifyApplication;
  close(): Promise<void>;
}

/** Everything on one server, not yet listening. */
export async function createControlPlane(services: Services): Promise<ControlPlane> {
  const adapter = new FastifyAdapter({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    trustProxy: services.trustProxy,
    routerOptions: { maxParamLength: 500 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.for(services), adapter, {
    logger: new ConsoleLogger({ json: services.production, logLevels: ['error', 'warn', 'fatal'] }),
    abortOnError: false,
  });
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  await app.register(helmet as never, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"], // the console's styles are made at run time
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        objectSrc: ["'none'"],
      },
    },
    strictTransportSecurity: services.publicUrl.startsWith('https:'),
  });
  if (existsSync(CONSOLE))
    app.useStaticAssets({ root: CONSOLE, prefix: '/', cacheControl: true, maxAge: '1h', immutable: false });
  observeRequests(fastify, services);
  watchClients(fastify);
  answerLargeBodies(fastify);
  mountAuth(fastify, services);
  mountHooks(fastify, services);
  const { metricsToken: token, trustProxy } = services;
  mountMetrics(fastify, () => services.metrics.text(), { token, trustProxy });
  mountOAuth(fastify, services);
  const mcp = mountMcp(fastify, services);
  await app.init();
  const realtime = mountRealtime(app, services, graphqlArmor.validationRules);
  return {
    app,
    async close() {
      await realtime.close();
      await mcp.close();
      await app.close();
    },
  };
}
