// The linter, and proof that the boundaries between the parts bite: without a cached project graph the rule has been
// seen to skip itself and pass, so each forbidden import below must be refused before a clean result counts.
import { ESLint } from 'eslint';
import { step } from './build.mjs';

const FORBIDDEN = [
  ['libs/execution/src/bad.ts', "import '@switchyard/database';", 'the sandbox host reaches the database'],
  ['libs/execution/src/bad.ts', "import '@switchyard/vault';", 'the sandbox host reaches the vault'],
  ['apps/executor/src/bad.ts', "import '@switchyard/tools';", 'the executor knows tools'],
  ['libs/policy/src/bad.ts', "import '@switchyard/ledger';", 'a capability imports its sibling'],
  ['libs/kernel/src/bad.ts', "import '@switchyard/policy';", 'the kernel imports upwards'],
  ['libs/tools/src/bad.ts', "import '@nestjs/common';", 'a library imports Nest'],
  ['libs/tools/src/bad.ts', "import '@prisma/client';", 'Prisma outside a store'],
  ['libs/tools/src/bad.ts', 'export const home = process.env.HOME;', 'a library reads the environment'],
];

await step(['node_modules/nx/dist/bin/nx.js', 'show', 'projects', '--json']); // writes the project graph that the rule reads
const eslint = new ESLint({ cache: true, cacheLocation: '.tmp/eslint/' });

const toothless = [];
for (const [filePath, code, what] of FORBIDDEN) {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  const bites = result?.messages.some((message) => /boundaries|restricted/.test(message.ruleId ?? ''));
  if (!bites) toothless.push(`${what} (${filePath}: ${code})`);
}
if (toothless.length > 0) {
  console.error(`The boundaries do not bite, these were allowed:\n  ${toothless.join('\n  ')}`);
  process.exit(1);
}

const results = await eslint.lintFiles(['.']);
const formatter = await eslint.loadFormatter('stylish');
const output = await formatter.format(results);
if (output) console.error(output);
const problems = results.reduce((sum, result) => sum + result.errorCount + result.warningCount, 0);
console.error(`lint: ${results.length} files, ${problems} problems, ${FORBIDDEN.length} forbidden imports refused`);
if (problems > 0) process.exit(1);
