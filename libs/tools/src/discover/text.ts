import type { DetailLevel, Description, ToolList, ToolView } from './discover.ts';

/** Characters; about a quarter as many tokens. One tool is always given whole, since half a type is none. */
const FULL_BUDGET = 6_000;
const DESCRIPTION_BUDGET = 160;

/** The first sentence or so: what decides whether to look closer. */
function firstSentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const end = /[.!?](?=\s|$)/.exec(line)?.index ?? line.length - 1;
  const sentence = line.slice(0, end + 1);
  return sentence.length <= DESCRIPTION_BUDGET ? sentence : `${sentence.slice(0, DESCRIPTION_BUDGET - 1)}…`;
}

function byServer(tools: readonly ToolView[]): Map<string, ToolView[]> {
  const groups = new Map<string, ToolView[]>();
  for (const tool of tools) groups.set(tool.server, [...(groups.get(tool.server) ?? []), tool]);
  return groups;
}

const names = (tools: readonly ToolView[]): string =>
  [...byServer(tools)].map(([server, own]) => `${server}: ${own.map((tool) => tool.name).join(', ')}`).join('\n');

const described = (tools: readonly ToolView[]): string =>
  [...byServer(tools)]
    .map(
      ([server, own]) =>
        `${server}\n${own.map((tool) => `- ${tool.name}: ${firstSentence(tool.description ?? '')}`).join('\n')}`,
    )
    .join('\n');

/** What the model has to write. A skill has a path of its own, a server's tool its server's. */
const importLine = ({ name, server, path }: ToolView): string =>
  `// import { ${name} } from '${path.startsWith('skills/') ? `skills/${name}` : `servers/${server}`}';`;

/** The import line stands in front. */
function declared(tools: readonly ToolView[]): string {
  const given: string[] = [];
  let length = 0;
  const left: ToolView[] = [];
  for (const tool of tools) {
    const text = `${importLine(tool)}\n${tool.declaration ?? ''}`;
    if (given.length > 0 && length + text.length > FULL_BUDGET) left.push(tool);
    else given.push(text);
    length += text.length;
  }
  return [
    ...given,
    ...(left.length > 0
      ? [`// too long to show here, describe them one by one: ${names(left).replaceAll('\n', '; ')}`]
      : []),
  ].join('\n');
}

/** What a model reads of a search. Says how many more there are, so that it knows to ask more closely. */
export function asText(list: ToolList, detailLevel: DetailLevel): string {
  if (list.tools.length === 0) return 'No tool fits. Try other words, or search with an empty query to see all.';
  const body = { name_only: names, with_description: described, full: declared }[detailLevel](list.tools);
  return list.tools.length < list.total ? `${body}\n(${list.tools.length} of ${list.total})` : body;
}

/** What a model reads of `describe`: types in the text, since some clients hide output schemas. */
export function descriptionAsText(description: Description): string {
  const unknown = description.unknown.map(
    ({ name, near }) =>
      `// ${name.slice(0, 100)}: no such tool${near.length > 0 ? `; perhaps ${near.join(', ')}` : ''}`,
  );
  const declarations = description.tools.map((tool) => `${importLine(tool)}\n${tool.declaration ?? ''}`);
  return [...declarations, ...unknown].join('\n\n');
}
