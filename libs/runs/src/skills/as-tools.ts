import type { ConnectionId, ToolId } from '@switchyard/kernel';
import type { ToolDescriptor } from '@switchyard/tools';
import type { UsableSkill } from './skill.ts';

const SKILLS = 'skills';

const doc = (text: string): string => text.replaceAll('*/', '*\\/').replace(/\s+/g, ' ').trim();

/** A skill as discovery shows it: among the tools, by its own path. It has no connection, and no call reaches it. */
const asTool = (skill: UsableSkill): ToolDescriptor => ({
  id: `skill:${skill.name}@${skill.version}` as ToolId,
  connectionId: SKILLS as ConnectionId,
  server: SKILLS,
  name: skill.name,
  upstreamName: skill.name,
  path: `skills/${skill.name}.ts`,
  description: skill.description,
  category: SKILLS,
  inputSchema: {},
  annotations: {},
  definitionHash: skill.codeHash,
  declaration: `/** ${doc(skill.description)} */\n${skill.declaration}`,
});

const merged = new WeakMap<
  readonly ToolDescriptor[],
  { readonly key: string; readonly all: readonly ToolDescriptor[] }
>();

/** Tools and skills in one list; the same list object while neither changes, so that its search index is built once. */
export function withSkills(
  tools: readonly ToolDescriptor[],
  skills: readonly UsableSkill[],
): readonly ToolDescriptor[] {
  if (skills.length === 0) return tools;
  const key = skills.map(({ name, version, codeHash }) => `${name}@${version}:${codeHash}`).join(' ');
  const known = merged.get(tools);
  if (known?.key === key) return known.all;
  const all = [...tools, ...skills.map(asTool)];
  merged.set(tools, { key, all });
  return all;
}
