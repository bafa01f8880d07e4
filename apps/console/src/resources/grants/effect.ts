/** Stands for every server, or every tool of one. */
export const ANY = '*';

export type Effect = 'allow' | 'deny';

/** Whom a column is about: a member's role, all API keys (`api_key`), or one key. */
export interface Subject {
  readonly kind: 'role' | 'key';
  readonly name: string;
  readonly label: string;
}

export interface Place {
  readonly subject: Pick<Subject, 'kind' | 'name'>;
  readonly server: string;
  readonly tool: string;
}

/** Places and what is set at each. */
export type Grants = ReadonlyMap<string, Effect>;

export const ALL_KEYS = 'api_key';

export const placeKey = ({ subject, server, tool }: Place): string =>
  JSON.stringify([subject.kind, subject.name, server, tool]);

export function parsePlace(key: string): Place {
  const [kind, name, server, tool] = JSON.parse(key) as [Subject['kind'], string, string, string];
  return { subject: { kind, name }, server, tool };
}

interface Grant {
  readonly subjectKind: Subject['kind'];
  readonly subject: string;
  readonly server: string;
  readonly tool: string;
  readonly effect: Effect;
}

export const grantsOf = (grants: readonly Grant[]): Grants =>
  new Map(
    grants.map((grant) => [
      placeKey({ subject: { kind: grant.subjectKind, name: grant.subject }, server: grant.server, tool: grant.tool }),
      grant.effect,
    ]),
  );

export interface InForce {
  readonly effect: Effect;
  /** Where it comes from, as `server.tool` with wildcards; none when it is denied for want of a grant. */
  readonly by: readonly string[];
  /** Whether another place than the asked one decides. */
  readonly inherited: boolean;
}

/**
 * What policy would decide: all grants that speak about the subject and the tool count alike, however exact, and one
 * deny beats any number of allows (policies/switchyard/decision.rego). For a row `*`, what holds for all of it.
 */
export function inForce(grants: Grants, { subject, server, tool }: Place): InForce {
  const subjects = subject.kind === 'key' ? [{ kind: 'role' as const, name: ALL_KEYS }, subject] : [subject];
  const found = subjects.flatMap((each) =>
    [...new Set([server, ANY])].flatMap((atServer) =>
      [...new Set([tool, ANY])].flatMap((atTool) => {
        const effect = grants.get(placeKey({ subject: each, server: atServer, tool: atTool }));
        const isItself =
          each.kind === subject.kind && each.name === subject.name && atServer === server && atTool === tool;
        const who = each === subject || each.name === subject.name ? '' : ' for all API keys';
        return effect === undefined ? [] : [{ effect, by: `${atServer}.${atTool}${who}`, isItself }];
      }),
    ),
  );
  const effect: Effect = found.some((each) => each.effect === 'deny')
    ? 'deny'
    : found.some((each) => each.effect === 'allow')
      ? 'allow'
      : 'deny';
  const deciding = found.filter((each) => each.effect === effect);
  return { effect, by: deciding.map((each) => each.by), inherited: !deciding.some((each) => each.isItself) };
}

export const nextEffect = (effect: Effect | undefined): Effect | undefined =>
  effect === undefined ? 'allow' : effect === 'allow' ? 'deny' : undefined;
