import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { HOST_VARIABLES, originsOf, parseEnvironment, stdioEnvironment } from './environment.ts';

const Env = z.object(HOST_VARIABLES);

describe('the environment', () => {
  it('has defaults, and takes an empty variable as unset', () => {
    expect(parseEnvironment(Env, { PORT: '' })).toMatchObject({
      PORT: 4000,
      HOST: '127.0.0.1',
      SWITCHYARD_EGRESS_ALLOW: [],
    });
  });

  it('names every wrong variable in one error', () => {
    expect(() => parseEnvironment(Env, { PORT: 'many', SWITCHYARD_SECRET: 'short' })).toThrow(
      /PORT[\s\S]*SWITCHYARD_SECRET/,
    );
  });

  it('splits lists', () => {
    expect(
      parseEnvironment(Env, { SWITCHYARD_EGRESS_ALLOW: '10.0.0.0/8, mcp.internal ,' }).SWITCHYARD_EGRESS_ALLOW,
    ).toEqual(['10.0.0.0/8', 'mcp.internal']);
  });

  it('hands stdio servers the way to a registry and no secret', () => {
    const found = {
      npm_config_registry: 'https://registry.example',
      OPENAI_API_KEY: 'sk-1',
      DATABASE_URL: 'postgres://',
    };
    expect(stdioEnvironment(found)).toEqual({ npm_config_registry: 'https://registry.example' });
  });
});

describe('origins', () => {
  it.each([
    ['http://127.0.0.1:4000', ['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000']],
    ['https://switchyard.example', ['https://switchyard.example']],
    ['https://localhost.example', ['https://localhost.example']],
  ])('of %s', (url, origins) => {
    expect(originsOf(url)).toEqual(origins);
  });
});
