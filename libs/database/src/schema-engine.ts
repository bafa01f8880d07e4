/**
 * Prisma's schema engine as WebAssembly over adapter-pg, so that migrations run where the native engine cannot be
 * fetched. adapter-pg is made for queries; three things need mending for migrations (read in 7.10.0), marked below.
 */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const CHAR_OID = 18;
const TEXT_OID = 25;

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Query = Parameters<Adapter['queryRaw']>[0];
/** What the adapter hides from its types but migrations need. */
interface AdapterInternals {
  performIO(query: Query): Promise<{ fields?: { dataTypeID: number }[]; rows: unknown[][] }>;
  underlyingDriver(): { query(sql: string): Promise<unknown> };
  onError(error: unknown): never;
}

export const databaseName = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

const poolConfig = (url: string): pg.PoolConfig => {
  const parsed = new URL(url);
  return {
    host: parsed.hostname,
    port: Number(parsed.port) || 5432,
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: databaseName(url),
  };
};

async function maintain<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...poolConfig(url), database: 'postgres' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export const databaseExists = (url: string): Promise<boolean> =>
  maintain(url, async (client) => {
    const found = await client.query('select 1 from pg_database where datname = $1', [databaseName(url)]);
    return (found.rowCount ?? 0) > 0;
  });

export const createDatabase = (url: string): Promise<void> =>
  maintain(url, async (client) => {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(databaseName(url))}`);
  });

async function migrationAdapter(
  config: pg.PoolConfig,
  schema: string,
  afterDispose?: () => Promise<void>,
): Promise<Adapter> {
  const adapter = await new PrismaPg(config, { schema }).connect();
  const internals = adapter as unknown as AdapterInternals;
  // 1. Catalogue columns of type "char" are refused; the engine wants them as Character.
  const performIO = internals.performIO.bind(adapter);
  const queryRaw = adapter.queryRaw.bind(adapter);
  const charColumns = new WeakMap<unknown[][], number[]>();
  internals.performIO = async (query) => {
    const result = await performIO(query);
    const columns = (result.fields ?? []).flatMap((field, index) => (field.dataTypeID === CHAR_OID ? [index] : []));
    for (const field of result.fields ?? []) if (field.dataTypeID === CHAR_OID) field.dataTypeID = TEXT_OID;
    if (columns.length > 0) charColumns.set(result.rows, columns);
    return result;
  };
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const column of charColumns.get(result.rows) ?? []) {
      result.columnTypes[column] = ColumnTypeEnum.Character;
      for (const row of result.rows) if (row[column] === '') row[column] = '\0';
    }
    return result;
  };
  // 2. executeScript splits at every ';', which breaks function bodies: send the script as one simple query.
  adapter.executeScript = async (sql) => {
    try {
      await internals.underlyingDriver().query(sql);
    } catch (error) {
      internals.onError(error);
    }
  };
  const dispose = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await dispose();
    await afterDispose?.();
  };
  return adapter;
}

/** 3. The adapter's own shadow database would be the real one: make a throw-away database instead. */
const adapterFactory = (url: string, opened: Set<Adapter>) => ({
  provider: 'postgres' as const,
  adapterName: '@prisma/adapter-pg',
  connect: async () => {
    const adapter = await migrationAdapter(poolConfig(url), new URL(url).searchParams.get('schema') ?? 'public');
    opened.add(adapter);
    return adapter;
  },
  connectToShadowDb: async () => {
    const shadow = new URL(url);
    shadow.pathname = `/prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    await createDatabase(shadow.href);
    const drop = (): Promise<void> =>
      maintain(url, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(databaseName(shadow.href))} WITH (FORCE)`);
      });
    return migrationAdapter(poolConfig(shadow.href), 'public', drop);
  },
});

/** The engine's methods by name (applyMigrations, createMigration, diff, devDiagnostic, …): parameters and results are Prisma's own. */
type Methods = Record<string, (params: unknown) => Promise<unknown>>;

export interface SchemaEngine {
  call(method: string, params: unknown): Promise<unknown>;
  /** The engine itself never gives its connections back. */
  close(): Promise<void>;
}

/** Opens an engine; `datamodels` are paths of .prisma files. A new one per request: the engine keeps state between calls. */
export async function openSchemaEngine(url: string, datamodels: readonly string[] = []): Promise<SchemaEngine> {
  const glue = await loadGlue();
  const files = datamodels.map((file) => [file, fs.readFileSync(file, 'utf8')]);
  const options = { datamodels: files.length > 0 ? files : undefined };
  const opened = new Set<Adapter>();
  const factory = bindMigrationAwareSqlAdapterFactory(adapterFactory(url, opened));
  const engine = await glue.SchemaEngine.new(options, () => undefined, factory);
  return {
    async call(method, params) {
      const run = engine[method];
      if (!run) throw new Error(`the schema engine has no ${method}: @prisma/schema-engine-wasm must be 7.10.0`);
      return run.call(engine, params);
    },
    async close() {
      await Promise.allSettled([...opened].map((adapter) => adapter.dispose()));
    },
  };
}

/** Node has it; its type is in TypeScript's browser library only. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

interface Glue {
  SchemaEngine: { new: (options: unknown, log: () => void, factory: unknown) => Promise<Methods> };
  __wbg_set_wasm(exports: unknown): void;
}

/** The engine never clears the timer of its advisory lock, which would keep the process up for ten seconds after. */
function withoutHoldingTimers(glue: Glue): object {
  const wrap =
    (start: (...args: unknown[]) => NodeJS.Timeout) =>
    (...args: unknown[]) =>
      start(...args).unref();
  return Object.fromEntries(
    Object.entries(glue).map(([name, value]) => [
      name,
      name.startsWith('__wbg_setTimeout') ? wrap(value as never) : value,
    ]),
  );
}

let loaded: Promise<Glue> | undefined;

function loadGlue(): Promise<Glue> {
  loaded ??= (async () => {
    const glueUrl = import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const glue = (await import(glueUrl)) as Glue;
    const bytes = fs.readFileSync(fileURLToPath(glueUrl).replace(/\.js$/, '.wasm'));
    const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': withoutHoldingTimers(glue) });
    glue.__wbg_set_wasm(instance.exports);
    const start = instance.exports['__wbindgen_start'];
    if (typeof start === 'function') start();
    return glue;
  })();
  return loaded;
}
