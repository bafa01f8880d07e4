import { AppError, type Ctx } from '@switchyard/kernel';
import type { EgressGuard } from '../upstream/egress.ts';
import { isOperator, type NewConnection } from './connection.ts';
import type { ConnectionRow } from './connection.store.ts';
import { findPreset, instantiate } from './presets.ts';

const DEFAULTS = { timeoutMs: 30_000, maxConcurrency: 8 } as const;

export interface AdmissionRules {
  readonly egress: Pick<EgressGuard, 'check'>;
  readonly allowedStdioPresets?: readonly string[];
}

/** What a tenant may connect to is decided here, and nowhere else. Errors: `forbidden`, `unprocessable`. */
export async function admit(ctx: Ctx, input: NewConnection, rules: AdmissionRules): Promise<ConnectionRow> {
  const base = {
    name: input.name,
    title: input.title ?? input.name,
    perUser: input.perUser ?? false,
    timeoutMs: input.timeoutMs ?? DEFAULTS.timeoutMs,
    maxConcurrency: input.maxConcurrency ?? DEFAULTS.maxConcurrency,
    headers: {},
    settings: {},
  };
  if ('url' in input) {
    await rules.egress.check(input.url);
    const { oauth = false, oauthScopes = null } = input;
    return { ...base, kind: 'http', url: input.url, headers: input.headers ?? {}, oauth, oauthScopes };
  }
  if ('command' in input) {
    if (!isOperator(ctx)) throw operatorsRight('A command runs a program on the host');
    return { ...base, kind: 'stdio', command: input.command };
  }
  if ('builtin' in input) {
    if (!isOperator(ctx)) throw operatorsRight('First-party servers are part of the installation');
    return { ...base, kind: 'builtin' };
  }
  const preset = findPreset(input.preset);
  if (!preset) throw new AppError('unprocessable', `There is no preset "${input.preset}".`, { path: 'preset' });
  if (preset.connect.kind === 'stdio' && !isOperator(ctx) && !rules.allowedStdioPresets?.includes(preset.id))
    throw operatorsRight(`The preset ${preset.title} runs a program on the host`);
  const settings = input.fields ?? {};
  const made = instantiate(preset, settings);
  const row = { ...base, title: input.title ?? preset.title, preset: preset.id, settings };
  if (made.kind === 'stdio') return { ...row, kind: 'stdio', command: made.command };
  if (made.kind === 'builtin') {
    const hours = made.settings['syncHours'];
    if (hours && !(Number(hours) > 0 && Number(hours) <= 8_760))
      throw new AppError('unprocessable', 'Give a number of hours from 1 to 8760, or leave it empty.', {
        path: 'fields.syncHours',
      });
    const url = made.settings['url'];
    if (url === undefined) return { ...row, kind: 'builtin', settings: made.settings };
    await rules.egress.check(url);
    return { ...row, kind: 'builtin', url, settings: made.settings };
  }
  await rules.egress.check(made.url);
  return { ...row, kind: 'http', url: made.url, headers: made.headers };
}

const operatorsRight = (what: string): AppError =>
  new AppError('forbidden', `${what}, which is the operator’s right: on the host, use "switchyard connection add".`, {
    reason: 'operator_only',
  });
