import path from 'node:path';

const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const project = (displayName, rootDir, roots = ['<rootDir>/src']) => ({
  displayName,
  rootDir,
  roots,
  testEnvironment: 'node',
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': swc },
  transformIgnorePatterns: ['/node_modules/'],
  setupFilesAfterEnv: [path.resolve(import.meta.dirname, 'tools/jest-retry.mjs')],
  testEnvironmentOptions: { customExportConditions: ['@switchyard/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
});

const libs = [
  'kernel',
  'telemetry',
  'testkit',
  'identity',
  'vault',
  'privacy',
  'policy',
  'ledger',
  'execution',
  'tools',
  'servers',
  'experiments',
  'runs',
  'chat',
  'compare',
  'host',
];

export default {
  testTimeout: 30_000,
  globalSetup: '<rootDir>/tools/jest-global-setup.mjs',
  globalTeardown: '<rootDir>/tools/jest-global-teardown.mjs',
  projects: [
    ...libs.map((name) => project(name, `libs/${name}`)),
    project('control-plane', 'apps/control-plane'),
    project('cli', 'apps/cli'),
    project('console', 'apps/console'),
    project('e2e', 'e2e', ['<rootDir>']),
  ],
};
