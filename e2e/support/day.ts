import type { FakeReply, FakeRequest } from '@switchyard/testkit';
import type { Answer, Switchyard } from './switchyard.ts';

const GOOD =
  "import { getProductDetails } from 'servers/search'; return (await getProductDetails({ sku: 'A4VTG90' })).price";
const BAD = 'this is no code at all(';

const offersCode = ({ body }: FakeRequest): boolean =>
  (body.tools ?? []).some((tool: { function: { name: string } }) => tool.function.name === 'execute_code');
const hasResult = ({ body }: FakeRequest): boolean => body.messages.at(-1).role === 'tool';
const isBad = ({ body }: FakeRequest): boolean =>
  body.messages.some((message: { content?: unknown }) => String(message.content).includes('[bad]'));

/** A model that answers by code where it may, and whose code cannot run for those who say so; the other arm never fails. */
export function modelOfTheDay(request: FakeRequest): FakeReply {
  if (!offersCode(request)) return { text: 'The price is 1474.94.' };
  if (isBad(request)) return { calls: [{ name: 'execute_code', args: { code: BAD } }] };
  if (hasResult(request)) return { text: 'By code: the price is 1474.94.' };
  return { calls: [{ name: 'execute_code', args: { code: GOOD } }] };
}

export interface Talk {
  readonly node: number;
  readonly arm: string | null;
  readonly conversation: string;
  readonly answer: Answer;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** One message of a conversation, on one of the nodes. */
export async function talk(
  nodes: readonly Switchyard[],
  key: string,
  of: { readonly node: number; readonly conversation: string; readonly bad?: boolean },
): Promise<Talk> {
  const { node, conversation, bad = false } = of;
  const content = `What is the price of the A4VTG90?${bad ? ' [bad]' : ''}`;
  const body = {
    model: 'fake-1',
    messages: [{ role: 'user', content }],
    metadata: { conversation_id: conversation, intent: 'price' },
  };
  const startedAt = Date.now();
  const target = nodes[node % nodes.length];
  if (!target) throw new Error('no node');
  const answer = await target.request('POST', '/v1/chat/completions', { key, body });
  if (answer.status !== 200) throw new Error(`a chat went wrong: ${answer.status} ${answer.text.slice(0, 300)}`);
  const arm = answer.headers.get('x-switchyard-arm');
  return { node, arm, conversation, answer, startedAt, endedAt: Date.now() };
}

export interface Traffic {
  readonly most: number;
  readonly atOnce: number;
  /** Every so many of the conversations that are dealt to code fail; undefined: none. */
  readonly badEvery?: number;
  readonly isOver?: () => boolean | Promise<boolean>;
  readonly name: string;
}

/** Conversations come in turn on each node, until it is over. Gives all of them. */
export async function traffic(nodes: readonly Switchyard[], key: string, options: Traffic): Promise<Talk[]> {
  const { most, atOnce, badEvery, name, isOver = () => false } = options;
  const talks: Talk[] = [];
  let next = 0;
  let over = false;
  const worker = async (): Promise<void> => {
    while (!over && next < most) {
      const at = next++;
      const bad = badEvery !== undefined && at % badEvery === badEvery - 1;
      talks.push(await talk(nodes, key, { node: at, conversation: `${name} ${at}`, bad }));
      if (at % 10 === 0 && (await isOver())) over = true;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return talks;
}
