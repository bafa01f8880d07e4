import type { Json } from '@switchyard/kernel';
import type { ToolDescriptor } from '../catalog/descriptor.ts';

/** Stands for private data on the way to a model, and is put back on the way to a tool. */
export interface CallShield {
  /** What the tool is to get. */
  restoreFor(tool: { readonly server: string; readonly tool: string }, args: Json): Promise<Json>;
  /** The same object where there is nothing private; `place` is the tool's address. */
  tokenise(value: Json, place: string): Promise<Json>;
  tokeniseText(text: string, place: string): Promise<string>;
}

type Args = Readonly<Record<string, Json>>;

export const restored = async (shield: CallShield, { server, name }: ToolDescriptor, args: Args): Promise<Args> =>
  (await shield.restoreFor({ server, tool: name }, args)) as Args;

type Given =
  | { readonly status: 'ok'; readonly value: Json; readonly json: string; readonly bytes: number }
  | { readonly status: string; readonly error: { readonly message: string; readonly data?: Json } };

/** What a tool gave or complained of, without private data: nothing else leaves the gateway towards a model. */
export async function shielded<Outcome extends Given>(
  shield: CallShield,
  outcome: Outcome,
  place: string,
): Promise<Outcome> {
  if ('value' in outcome) {
    const value = await shield.tokenise(outcome.value, place);
    if (value === outcome.value) return outcome;
    const json = JSON.stringify(value);
    return { ...outcome, value, json, bytes: Buffer.byteLength(json) };
  }
  const { error } = outcome;
  const message = await shield.tokeniseText(error.message, place);
  const data = error.data === undefined ? {} : { data: await shield.tokenise(error.data, place) };
  return { ...outcome, error: { ...error, message, ...data } };
}
