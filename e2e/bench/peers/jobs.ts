/** The same work for everybody, as the body of an async function that has `call(args)`. */
export const JOBS = {
  'return 1': { code: 'return 1;', answer: 1 },
  '20 calls in sequence': {
    code: 'let n = 0; for (let i = 0; i < 20; i++) n += (await call({ i })).stock; return n;',
    answer: 60,
  },
  '20 calls side by side': {
    code: 'const all = await Promise.all(Array.from({ length: 20 }, (_, i) => call({ i }))); return all.length;',
    answer: 20,
  },
  '10,000 rows filtered to 5': {
    code: 'const { rows } = await call({ rows: 10000 }); return rows.filter((row) => row.amount === 999 && row.id % 2000 === 999).map((row) => row.name).join();',
    answer: 'row 999,row 2999,row 4999,row 6999,row 8999',
  },
  '5,000,000 steps': {
    code: 'let x = 0; for (let i = 0; i < 5e6; i++) x = (x + i) % 1000003; return x > -1;',
    answer: true,
  },
} as const;
export type JobName = keyof typeof JOBS;
export const JOB_NAMES = Object.keys(JOBS) as JobName[];

const ROWS = Array.from({ length: 10_000 }, (_, id) => ({
  id,
  name: `row ${id}`,
  amount: id % 1_000,
  open: id % 3 === 0,
}));

/** The one tool that all of them call. */
export const tool = (args: { readonly rows?: number }): object => (args.rows ? { rows: ROWS } : { stock: 3 });
