import type { Node } from 'oxc-parser';
import type { Finding } from '../outcome.ts';
import { closeMatches } from '../validate/close-match.ts';
import type { ImportCatalog } from '../validate/import-form.ts';
import type { CodeFacts } from './code-facts.ts';
import type { DeclaredType } from './declaration.ts';
import { DECLARATIONS, type Diagnostic } from './type-server.ts';

const set = (codes: string): ReadonlySet<number> => new Set(codes.split(' ').map(Number));

/** A value does not fit the type that it is given to. */
const MISFIT = set('2322 2345 2559 2560 2739 2740 2741 2820');
/** A literal has a property that its type does not know. */
const EXCESS = set('2353 2561');
const ARGUMENT_COUNT = set('2554 2555');
const NO_PROPERTY = set('2339 2551');
const NOT_ITERABLE = set('2461 2488 2495 2504 2549');
const NO_NAME = set('2304 2552 2580 2581 2582 2583 2584 2591 2592 2593 2867 2868 18004');
/** Told, not refused: the code may run all the same. Everything else that the compiler says is left out. */
const WORTH_A_WARNING = set('2349 2351 2367 2448 2588');

export type JudgeContext = {
  readonly facts: CodeFacts;
  readonly types: ReadonlyMap<string, DeclaredType>;
  readonly functions: ReadonlyMap<string, string>;
  readonly imports: ImportCatalog;
};

export type Verdict = Pick<Finding, 'code' | 'message' | 'hint' | 'severity'>;

const MESSAGE_CAP = 500;
const HINT_CAP = 420;
const NAMED_CAP = 16;

/**
 * Whether a type error refuses the code, is told, or is passed over. Refused is what would surely go wrong: a value that a
 * tool's schema refuses, a field that a tool's result does not have, a promise that nobody waits for, a name that does not
 * exist. About its own types the code is right: they are erased before it runs.
 * @param at offset in the code as sent
 */
export function judge(diagnostic: Diagnostic, at: number, context: JudgeContext): Verdict | null {
  const { code } = diagnostic;
  if (diagnostic.category !== 1) return null;
  if (MISFIT.has(code)) return misfit(diagnostic, at, context);
  if (EXCESS.has(code)) return excess(diagnostic, context);
  if (ARGUMENT_COUNT.has(code)) return argumentCount(diagnostic, at, context);
  if (NO_PROPERTY.has(code)) return noProperty(diagnostic, at, context);
  if (NOT_ITERABLE.has(code)) return notIterable(diagnostic, context);
  if (NO_NAME.has(code)) return noName(diagnostic, at, context);
  if (WORTH_A_WARNING.has(code)) return verdict(diagnostic, 'warning', 'It may still run; look at it.');
  return null;
}

/** Types in single quotes, in the order of the message. Names inside them may stand in double quotes. */
const quoted = (text: string): string[] =>
  [...text.matchAll(/'((?:[^'"]|"(?:[^"\\]|\\.)*")*)'/g)].map((match) => match[1] ?? '');

function chainOf(diagnostic: Diagnostic): string[] {
  const texts = [diagnostic.text];
  for (let next = diagnostic.messageChain?.[0]; next && texts.length < 12; next = next.messageChain?.[0])
    texts.push(next.text);
  return texts;
}

const clean = (text: string): string => text.replace(/import\("[^"]*"\)\./g, '').replace(/\s+/g, ' ');
const cut = (text: string, cap: number): string => (text.length > cap ? `${text.slice(0, cap - 1)}…` : text);

const verdict = (
  diagnostic: Diagnostic,
  severity: Finding['severity'],
  hint: string,
  message = chainOf(diagnostic).join(' '),
): Verdict => ({
  code: `TS${diagnostic.code}`,
  message: cut(clean(message), MESSAGE_CAP),
  hint: cut(hint, HINT_CAP),
  severity,
});

/** The parts of a union as printed, lists and promises taken off: `A[] | B` gives A and B. */
const parts = (type: string): string[] =>
  type.split(' | ').map((part) =>
    part
      .replace(/^\(|\)$/g, '')
      .replace(/^(?:readonly )?(?:Array<|Promise<|Partial<)+|>+$/g, '')
      .replace(/(\[\])+$/g, ''),
  );

const declaredIn = (type: string | undefined, { types, facts }: JudgeContext): string[] =>
  type === undefined ? [] : parts(clean(type)).filter((name) => types.has(name) && !facts.ownTypes.has(name));

const pointsAtTool = (diagnostic: Diagnostic): boolean =>
  (diagnostic.relatedInformation ?? []).some(({ fileName }) => fileName?.startsWith(DECLARATIONS));

/** `SearchInput takes: query: string, limit?: number.` */
function shape(name: string, { types }: JudgeContext, verb: string): string {
  const properties = types.get(name)?.properties;
  if (!properties) return '';
  if (properties.length === 0) return `${name} ${verb} no properties.`;
  const listed = properties
    .slice(0, NAMED_CAP)
    .map((property) => `${property.name}${property.optional ? '?' : ''}: ${property.type}`);
  return `${name} ${verb}: ${listed.join(', ')}${properties.length > NAMED_CAP ? ', …' : ''}.`;
}

const meant = (wanted: string | undefined, names: readonly string[]): string => {
  const near = wanted === undefined ? [] : closeMatches(wanted, names);
  return near.length > 0 ? `Did you mean ${near.map((name) => `'${name}'`).join(' or ')}? ` : '';
};

/** Source types of which it is sure what JSON they become. A Date or URL is none: JSON makes text of it. */
const SURE =
  /^(?:string|number|boolean|bigint|symbol|"(?:[^"\\]|\\.)*"|-?\d[\d.e+]*|true|false|RegExp|Map<.*>|Set<.*>|Promise<.*>|\{.*\}|.*\[\]|\(.*\) => .*)$/s;
const LITERAL = /"(?:[^"\\]|\\.)*"|\b\d+\b|\btrue\b|\bfalse\b/;

function misfit(diagnostic: Diagnostic, at: number, context: JudgeContext): Verdict | null {
  const texts = chainOf(diagnostic);
  const top = quoted(texts[0] ?? '');
  const isMissing =
    [2739, 2740, 2741].includes(diagnostic.code) ||
    texts.some((text) => / is missing in type | is missing the following/.test(text));
  const target =
    diagnostic.code === 2741 ? top[2] : diagnostic.code === 2739 || diagnostic.code === 2740 ? top[1] : top[1];
  const [owner] = declaredIn(target, context);
  if (owner === undefined && !pointsAtTool(diagnostic)) return null;
  // A list that is only read, and a value whose type the code narrowed by hand, are the same JSON.
  if (texts.some((text) => /'readonly'|readonly /.test(text) && /mutable/.test(text))) return null;
  const leaf = quoted(texts.findLast((text) => / is not assignable to /.test(text)) ?? '');
  const [source = '', wanted = ''] = leaf;
  const argument = context.facts.argumentsOfTools.get(at);
  const hint = hintFor(diagnostic, owner, context);
  if (isMissing) {
    const isInline = argument === undefined ? false : isWholeLiteral(argument);
    const holder = argument?.type === 'Identifier' ? argument.name : undefined;
    if (holder !== undefined && context.facts.growing.has(holder)) return null;
    const isFixed = holder !== undefined;
    const from = top[diagnostic.code === 2741 ? 1 : 0] ?? '';
    const isExact =
      isInline || pointsInsideLiteral(at, context) || (isFixed && /^\{.+\}$/s.test(from) && !/\[\w+: /.test(from));
    return verdict(diagnostic, isExact ? 'error' : 'warning', hint);
  }
  if (isTextOrNumber(source) && LITERAL.test(wanted)) return null; // `let order = 'asc'` is wider than it looks
  if (!SURE.test(source) || hasUnion(source)) return null;
  const property = propertyOf(diagnostic);
  const message = texts.join(' ');
  return verdict(diagnostic, 'error', hint, property === undefined ? message : `${property}: ${message}`);
}

/** Of an object literal, the property whose value does not fit: the message itself does not name it. */
const propertyOf = (diagnostic: Diagnostic): string | undefined =>
  (diagnostic.relatedInformation ?? []).flatMap(({ code, text }) => (code === 6500 ? quoted(text).slice(0, 1) : []))[0];

const isTextOrNumber = (type: string): boolean => /^(string|number|boolean)(\[\])*$/.test(type);
const hasUnion = (type: string): boolean => !type.startsWith('{') && type.includes(' | ');

const isWholeLiteral = (node: Node): boolean =>
  node.type === 'ObjectExpression' && node.properties.every((property) => property.type === 'Property');

/** An object literal inside of the literal that a tool is given. */
const pointsInsideLiteral = (at: number, { facts }: JudgeContext): boolean =>
  !facts.argumentsOfTools.has(at) &&
  [...facts.argumentsOfTools.values()].some((node) => isWholeLiteral(node) && node.start < at && at < node.end);

function hintFor(diagnostic: Diagnostic, owner: string | undefined, context: JudgeContext): string {
  const text = owner === undefined ? '' : shape(owner, context, 'takes');
  if (text !== '') return text;
  const related = (diagnostic.relatedInformation ?? []).flatMap(({ text: said }) => quoted(said));
  const named = related.map((name) => shape(name, context, 'takes')).find((said) => said !== '');
  return named ?? "See the tool's declaration: describeTools from 'servers' shows it.";
}

function excess(diagnostic: Diagnostic, context: JudgeContext): Verdict | null {
  const names = quoted(diagnostic.text);
  const wanted = names[0];
  const types = names.slice(1).flatMap((type) => declaredIn(type, context));
  const [owner] = types;
  if (owner === undefined) return null;
  const declared = types.flatMap((type) => context.types.get(type)?.properties ?? []);
  const text = shape(owner, context, 'takes');
  return verdict(
    diagnostic,
    declared.length > 0 ? 'error' : 'warning',
    `${meant(
      wanted,
      declared.map(({ name }) => name),
    )}${text}`,
    `${owner} has no property '${wanted ?? ''}'.`,
  );
}

function argumentCount(diagnostic: Diagnostic, at: number, context: JudgeContext): Verdict | null {
  const call = context.facts.toolCalls
    .filter(({ start, end }) => start <= at && at < end)
    .sort((a, b) => b.start - a.start)[0];
  if (!call || (diagnostic.fileName !== undefined && !callsTool(diagnostic, call.name, context))) return null;
  const name = context.functions.get(call.name) ?? call.name;
  const input = [...context.types.keys()].find((type) => type.toLowerCase() === `${name}Input`.toLowerCase());
  const text = input === undefined ? '' : shape(input, context, 'takes');
  return verdict(diagnostic, 'error', `A tool takes one object: ${name}({ … }). ${text}`.trim());
}

const callsTool = (diagnostic: Diagnostic, name: string, { functions }: JudgeContext): boolean =>
  pointsAtTool(diagnostic) || functions.has(name) || [...functions.values()].includes('*');

function noProperty(diagnostic: Diagnostic, at: number, context: JudgeContext): Verdict | null {
  const { facts, types } = context;
  const [wanted = '', receiver = ''] = quoted(clean(diagnostic.text));
  if (!facts.reads.has(at) || facts.writtenProperties.has(wanted)) return null;
  const isGuarded = facts.guardedReads.has(at);
  if (/^Promise<.*>$/s.test(receiver))
    return verdict(
      diagnostic,
      isGuarded ? 'warning' : 'error',
      'Calling a tool gives a promise: await it first, as in (await tool({ … })).x.',
      `Property '${wanted}' is read from a promise that is not awaited.`,
    );
  const names = receiver
    .split(' | ')
    .map((part) => part.replace(/^\(|\)$/g, ''))
    .flatMap((part) => types.get(part)?.alternatives ?? part);
  const bare = names.map((name) => name.replace(/(\[\])+$/, ''));
  if (bare.some((name) => !types.has(name) || facts.ownTypes.has(name))) return null;
  const isList = names.some((name) => name.endsWith('[]'));
  if (isList && names.length > 1) return null;
  const declared = bare.map((name) => types.get(name)?.properties ?? null);
  // Of an open type nothing is sure, and in a union one of the types may be the one that has it.
  if (!isList && (declared.includes(null) || declared.some((list) => list?.some(({ name }) => name === wanted))))
    return null;
  const [first = ''] = bare;
  const known = (declared[0] ?? []).map(({ name }) => name);
  const hint = isList
    ? `It is a list of ${first}: use an item of it, as in list[0].${wanted}, or .map(…).`
    : `${meant(wanted, known)}${shape(first, context, 'has')}`;
  const message = chainOf(diagnostic)
    .join(' ')
    .replace(/ Did you mean '[^']*'\?/, '');
  return verdict(diagnostic, isGuarded ? 'warning' : 'error', hint, message);
}

function notIterable(diagnostic: Diagnostic, context: JudgeContext): Verdict | null {
  const receiver = clean(quoted(diagnostic.text)[0] ?? '');
  if (/^Promise<.*>$/s.test(receiver))
    return verdict(
      diagnostic,
      'error',
      'Calling a tool gives a promise: await it first.',
      'A promise is gone through as if it were a list.',
    );
  const [name] = context.facts.ownTypes.has(receiver) || !context.types.has(receiver) ? [] : [receiver];
  const properties = name === undefined ? undefined : context.types.get(name)?.properties;
  if (!properties || name === undefined) return null;
  const lists = properties.filter(({ type }) => type.endsWith('[]')).map((property) => `.${property.name}`);
  const go = lists.length > 0 ? `Go through ${lists.join(' or ')} of it. ` : '';
  return verdict(diagnostic, 'error', `${go}${shape(name, context, 'has')}`, `${name} is an object, not a list.`);
}

function noName(diagnostic: Diagnostic, at: number, { facts, imports }: JudgeContext): Verdict | null {
  const name = quoted(diagnostic.text)[0] ?? '';
  if (!facts.values.has(at)) return null; // a type's name: gone when the code runs
  const servers = (imports('servers') ?? []).filter((server) => imports(`servers/${server}`)?.includes(name));
  const from = servers.map((server) => `import { ${name} } from 'servers/${server}';`);
  const skill = imports('skills')?.includes(name) ? [`import { ${name} } from 'skills/${name}';`] : [];
  const ways = [...from, ...skill].slice(0, 3);
  const isDiscovery = ['searchTools', 'listTools', 'listCategories', 'describeTools'].includes(name);
  const near = diagnostic.code === 2552 ? quoted(diagnostic.text)[1] : undefined;
  const hint = isDiscovery
    ? `Import it: import { ${name} } from 'servers';`
    : ways.length > 0
      ? `Import it: ${ways.join(' or ')}`
      : near !== undefined
        ? `Did you mean '${near}'?`
        : "Declare it, or import it from 'servers/…'. There are the language's own names and the web's data ones (URL, TextEncoder, crypto, timers).";
  return verdict(diagnostic, 'error', hint, `There is no '${name}' here.`);
}
