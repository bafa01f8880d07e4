import { describe, expect, it } from '@jest/globals';
import { secretNames } from '../upstream/target.ts';
import { findPreset, instantiate, PRESETS } from './presets.ts';

const preset = (id: string) => {
  const found = findPreset(id);
  if (!found) throw new Error(`no preset ${id}`);
  return found;
};

describe('the presets', () => {
  it.each(PRESETS.map((one) => [one.id, one] as const))('%s asks for exactly the fields that it uses', (_id, one) => {
    const text = JSON.stringify(one.connect);
    const used = [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]);
    expect(new Set(used)).toEqual(new Set(one.fields.map((field) => field.name)));
  });

  it.each(PRESETS.map((one) => [one.id, one] as const))('%s keeps secrets out of URLs and arguments', (_id, one) => {
    const answers = Object.fromEntries(
      one.fields.filter((field) => field.kind !== 'secret').map((field) => [field.name, 'x']),
    );
    const made = instantiate(one, answers);
    const templates = made.kind === 'http' ? made.headers : made.kind === 'stdio' ? made.command.env : made.secrets;
    const open =
      made.kind === 'http'
        ? made.url
        : made.kind === 'stdio'
          ? made.command.args.join(' ')
          : JSON.stringify(made.settings);
    expect(open).not.toContain('{{');
    expect(secretNames(templates)).toEqual(
      one.fields.filter((field) => field.kind === 'secret').map((field) => field.name),
    );
  });

  it('fills a field into its place in a URL and no further', () => {
    expect(instantiate(preset('supabase'), { project: 'abc&read_only=false' })).toMatchObject({
      url: 'https://mcp.supabase.com/mcp?read_only=true&project_ref=abc%26read_only%3Dfalse',
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['supabase', {}, 'fields.project'],
    ['github', { token: 'ghp_x' }, 'fields.token'],
    ['github', { unknown: 'x' }, 'fields.unknown'],
  ])('%s with %j names the field', (id, answers, path) => {
    expect(() => instantiate(preset(id), answers)).toThrow(
      expect.objectContaining({ code: 'unprocessable', details: { path } }),
    );
  });
});
