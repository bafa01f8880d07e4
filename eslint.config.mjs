import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const layers = ['kernel', 'platform', 'capability', 'gateway', 'flow', 'app'];
/** A layer may skip down, never sideways or up. */
const mayUse = (layer) => layers.slice(0, layers.indexOf(layer)).map((below) => `layer:${below}`);

const boundaries = [
  { sourceTag: 'layer:kernel', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'layer:platform', onlyDependOnLibsWithTags: mayUse('platform') },
  { sourceTag: 'layer:testkit', onlyDependOnLibsWithTags: ['layer:kernel', 'layer:platform'] },
  { sourceTag: 'layer:capability', onlyDependOnLibsWithTags: mayUse('capability') },
  { sourceTag: 'layer:gateway', onlyDependOnLibsWithTags: mayUse('gateway') },
  { sourceTag: 'layer:flow', onlyDependOnLibsWithTags: mayUse('flow') },
  { sourceTag: 'layer:app', onlyDependOnLibsWithTags: mayUse('app') },
  // Everything through the public surfaces but the sandbox, whose own wire is attacked too.
  { sourceTag: 'layer:e2e', onlyDependOnLibsWithTags: ['host:sandbox', 'layer:testkit'] },
  { sourceTag: 'layer:browser', onlyDependOnLibsWithTags: ['layer:browser'] },
  // Where strangers' code runs there is no way to the database or the vault, not even through others.
  { sourceTag: 'host:sandbox', onlyDependOnLibsWithTags: ['host:sandbox'] },
];
const boundaryRule = (depConstraints) => ['error', { enforceBuildableLibDependency: false, allow: [], depConstraints }];
const specsMayUseTestkit = boundaries.map((rule) => ({
  ...rule,
  onlyDependOnLibsWithTags:
    rule.sourceTag === 'host:sandbox' ? ['*'] : [...rule.onlyDependOnLibsWithTags, 'layer:testkit'],
}));

const processEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read settings in the env.ts of an app and pass them in.',
};
const exportAll = { selector: 'ExportAllDeclaration', message: 'Name what you export: no `export *`.' };
const typescriptEnum = { selector: 'TSEnumDeclaration', message: 'Use a closed union of literals.' };

const prisma = { group: ['@prisma/*'], message: 'Prisma stays in libs/database and *.store.ts.' };
const nest = { group: ['@nestjs/*'], message: 'Nest is delivery: apps only.' };
const restrictedImports = (files, patterns) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } });

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/generated',
      '**/src/gql',
      '.nx',
      '.tmp',
      '.switchyard',
      '**/node_modules',
      'e2e/fixtures/bad-boundary',
      // What the type-check tells the compiler of the sandbox: data, loose on purpose.
      'libs/execution/types',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx,mjs,js}'],
    plugins: { '@nx': nx },
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'globalThis',
          'crypto',
          'fetch',
          'performance',
          'Buffer',
          'AbortController',
          'AbortSignal',
          'Deno',
          'TextEncoder',
          'TextDecoder',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'off', // would turn Nest's injected classes into types and lose their metadata
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@nx/enforce-module-boundaries': boundaryRule(boundaries),
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', processEnv, exportAll, typescriptEnum],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.spec.ts'],
    rules: { 'max-lines': ['error', 600], '@nx/enforce-module-boundaries': boundaryRule(specsMayUseTestkit) },
  },
  {
    files: ['libs/testkit/**', 'e2e/**', 'tools/**', '**/env.ts', '*.config.{ts,mjs}'],
    rules: { 'no-restricted-syntax': ['error', exportAll, typescriptEnum] },
  },
  restrictedImports(['apps/**/*.ts'], [prisma]),
  restrictedImports(['libs/**/*.ts'], [prisma, nest]),
  restrictedImports(['libs/database/**', 'libs/testkit/**', '**/*.store.ts', '**/*.spec.ts'], [nest]),
  restrictedImports(['apps/control-plane/**/*.spec.ts'], []),
  {
    files: ['apps/console/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: reactHooks.configs.recommended.rules,
  },
  {
    // These benches measure libraries alone: a search among labelled queries and in sites, what of a corpus is found private, and
    // what goes between Switchyard and a model, where the scripted one is the only model that is at hand.
    files: ['e2e/bench/{arms,content,privacy,search}.ts'],
    rules: {
      '@nx/enforce-module-boundaries': boundaryRule([{ sourceTag: 'layer:e2e', onlyDependOnLibsWithTags: ['*'] }]),
    },
  },
  {
    // The shops outside are made by the library that speaks to them.
    files: ['e2e/{shop,shop-hooks,connect,tools-of-all-servers}.e2e.spec.ts', 'e2e/fixtures/test-shop.ts'],
    rules: {
      '@nx/enforce-module-boundaries': boundaryRule([
        { sourceTag: 'layer:e2e', onlyDependOnLibsWithTags: ['layer:gateway', 'layer:testkit'] },
      ]),
    },
  },
  { files: ['tools/**'], rules: { '@nx/enforce-module-boundaries': 'off' } }, // they run before anything is built
  {
    files: ['libs/execution/deno/**'],
    languageOptions: { globals: { addEventListener: 'readonly' } },
    rules: { 'no-empty': 'off', 'max-lines': ['error', { max: 520, skipBlankLines: true, skipComments: true }] }, // it may import nothing, so it is one file
  },
);
