import 'reflect-metadata';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { AppModule } from '../app.module.ts';
import type { Services } from '../services.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const FILE = path.join(root, 'apps/console/schema.graphql');
const FRESH = path.join(root, '.tmp/schema.graphql');

describe('the GraphQL schema', () => {
  let app: INestApplication | undefined;
  afterAll(() => app?.close());

  it('is the one that the console is generated from', async () => {
    const services = { production: false } as Services; // nothing is asked of it while the schema is made
    const module = await Test.createTestingModule({ imports: [AppModule.for(services)] }).compile();
    app = module.createNestApplication(new FastifyAdapter());
    await app.init();
    const printed = `${printSchema(lexicographicSortSchema(app.get(GraphQLSchemaHost).schema))}\n`;
    fs.mkdirSync(path.dirname(FRESH), { recursive: true });
    fs.writeFileSync(FRESH, printed);
    // When it differs: cp .tmp/schema.graphql apps/console/schema.graphql, and build the console.
    expect(printed).toBe(fs.readFileSync(FILE, 'utf8'));
  });
});
