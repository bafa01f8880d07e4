import { z } from 'zod';

export const RULES = 'rules.rego';
export const TESTS = 'rules_test.rego';
export const ENTRY = 'entry.rego';

const UNREACHABLE = /^undefined function (http\.|net\.lookup|opa\.|rand\.|time\.now_ns|uuid\.|providers\.)/;

export interface ModuleProblem {
  readonly file: 'rules' | 'tests';
  /** From 1; 0 where the whole file is meant. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export const Capabilities = z.looseObject({
  builtins: z.array(z.looseObject({ name: z.string(), nondeterministic: z.boolean().optional() })),
});
const Location = z.object({ file: z.string(), row: z.number(), col: z.number() });
const Errors = z.object({
  errors: z.array(z.object({ message: z.string(), location: Location.optional() })).min(1),
});
export const Tests = z.array(
  z.object({
    name: z.string(),
    location: Location,
    fail: z.boolean().optional(),
    skip: z.boolean().optional(),
    error: z.object({ message: z.string() }).optional(),
  }),
);
const Term = z.object({ value: z.unknown() });
export const Parsed = z.object({
  package: z.object({ path: z.array(Term) }),
  rules: z
    .array(z.object({ head: z.object({ name: z.string().optional(), ref: z.array(Term).optional() }) }))
    .default([]),
});

/** Undefined for what is none. */
export const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const WHOLE_RULES = { file: 'rules', line: 0, column: 0 } as const;

const placeOf = ({ file, row, col }: z.infer<typeof Location>): Omit<ModuleProblem, 'message'> => ({
  file: file.endsWith(TESTS) ? 'tests' : 'rules',
  line: row,
  column: col,
});

/** What OPA says is wrong; `fallback` where it says it in no form. */
export function problemsOf(output: string, fallback: string): ModuleProblem[] {
  const parsed = Errors.safeParse(json(output));
  if (!parsed.success) return [{ ...WHOLE_RULES, message: fallback.slice(0, 500) }];
  return parsed.data.errors.slice(0, 50).map(({ message, location }) => ({
    ...(location && !location.file.endsWith(ENTRY) ? placeOf(location) : WHOLE_RULES),
    message: UNREACHABLE.test(message)
      ? `${message}: rules of your own can ask neither the network nor the clock, chance or this host`
      : message,
  }));
}

/** What became of tests. */
export const failuresOf = (tests: z.infer<typeof Tests>): ModuleProblem[] =>
  tests.flatMap(({ name, location, fail, error, skip }) =>
    error
      ? [{ ...placeOf(location), message: `${name} ended with an error: ${error.message}` }]
      : fail || skip
        ? [{ ...placeOf(location), message: `${name} ${fail ? 'failed' : 'was skipped'}` }]
        : [],
  );
