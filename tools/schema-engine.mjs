#!/usr/bin/env node
// Stands in for Prisma's native `schema-engine` (PRISMA_SCHEMA_ENGINE_BINARY): the same arguments and JSON-RPC over
// stdio, answered by the WebAssembly engine of libs/database. With it `prisma migrate dev|deploy|diff|status|reset`
// work where the native engine cannot be fetched.
import readline from 'node:readline';
import { createDatabase, databaseExists, databaseName, openSchemaEngine } from '../libs/database/src/schema-engine.ts';

const NOWHERE = 'postgresql://x@127.0.0.1:1/none';
const log = (level, message, extra) =>
  process.stderr.write(
    `${JSON.stringify({ level, target: 'schema_engine::logger', fields: { message, ...extra } })}\n`,
  );

let panic = null; // a wasm panic must exit non-zero, or `migrate diff --exit-code` would answer 0
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => (panic = message) };
process.on('uncaughtException', (error) => {
  log('ERROR', panic ?? String(error?.stack ?? error));
  process.exit(101);
});

const args = process.argv.slice(2);
if (args[0] === '--version') {
  console.log('schema-engine-cli wasm');
  process.exit(0);
}
const datamodels = args.flatMap((arg, index) => (args[index - 1] === '--datamodels' ? [arg] : []));
const datasource = args[args.indexOf('--datasource') + 1];
const url = args.includes('--datasource') ? JSON.parse(datasource).url : undefined;

if (args.includes('cli')) {
  try {
    if (args.includes('can-connect-to-database') && !(await databaseExists(url))) {
      process.stderr.write('\n');
      log('ERROR', `Database \`${databaseName(url)}\` does not exist`, { error_code: 'P1003' });
      process.exit(1);
    }
    if (args.includes('create-database')) await createDatabase(url);
    process.exit(0);
  } catch (error) {
    process.stderr.write('\n');
    log('ERROR', error.message, { error_code: 'P1001' });
    process.exit(1);
  }
}

const reply = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

async function answer({ id, method, params = {} }) {
  const target = params.datasource?.url ?? url ?? NOWHERE;
  if (method === 'createDatabase') {
    await createDatabase(target);
    return { databaseName: databaseName(target) };
  }
  const engine = await openSchemaEngine(url ?? NOWHERE, datamodels);
  try {
    if (method === 'getDatabaseVersion') return await engine.call('version', params);
    // These two never get the shadow factory; they live off the migration cache that devDiagnostic fills.
    if (method === 'evaluateDataLoss' || method === 'createMigration')
      await engine.call('devDiagnostic', { migrationsList: params.migrationsList, filters: params.filters });
    const result = await engine.call(method, params);
    if (method !== 'diff' || result?.stdout == null) return result;
    reply({ id: `p${id}`, method: 'print', params: { content: result.stdout } });
    return { ...result, stdout: null };
  } finally {
    await engine.close();
  }
}

let queue = Promise.resolve();
const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', (line) => {
  const message = JSON.parse(line);
  if (!message.method) return; // the reply to our own "print"
  queue = queue.then(async () => {
    try {
      reply({ id: message.id, result: (await answer(message)) ?? {} });
    } catch (error) {
      const text = String(error.message ?? error);
      const code = error.code ?? error.error_code ?? /P\d{4}/.exec(text)?.[0] ?? null;
      const data = { is_panic: false, message: text, meta: error.meta ?? null, error_code: code };
      reply({ id: message.id, error: { code: 4466, message: text, data } });
    }
  });
});
lines.on('close', () => queue.then(() => process.exit(0)));
