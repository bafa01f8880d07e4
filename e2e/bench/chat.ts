import { startFakeEndpoint } from '@switchyard/testkit';
import { Switchyard } from '../support/switchyard.ts';
import { distribution, row } from './measure.ts';

const PAIRS = 300;
const WARMUP = 40;

/** What chat costs over asking the model directly: each pair asks the same endpoint both ways, in turn, and is a difference. */
export async function chat(print: (text: string) => void): Promise<void> {
  const endpoint = await startFakeEndpoint();
  const switchyard = await Switchyard.start({ OPENAI_BASE_URL: endpoint.baseUrl, OPENAI_API_KEY: 'sk-bench' });
  try {
    const key = switchyard.createKey('demo', 'chat');
    endpoint.reply({ text: 'There are seven of them in stock, and the price is 12.50 EUR.' });
    const ask = async (url: string, bearer: string, stream: boolean): Promise<number> => {
      const began = performance.now();
      const body = { model: 'fake-1', stream, messages: [{ role: 'user', content: 'How many are in stock?' }] };
      const response = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      if (!text.includes(stream ? '[DONE]' : 'seven')) throw new Error(`a chat went wrong: ${text}`);
      return performance.now() - began;
    };
    print('\nPOST /v1/chat/completions over asking the model directly (differences of pairs)');
    for (const stream of [false, true]) {
      const differences: number[] = [];
      for (let pair = -WARMUP; pair < PAIRS; pair++) {
        const order = [
          () => ask(endpoint.baseUrl, 'sk-bench', stream),
          () => ask(`${switchyard.url}/v1`, key, stream),
        ] as const;
        const isReversed = pair % 2 === 0; // who goes first must not decide
        const one = await order[isReversed ? 1 : 0]();
        const other = await order[isReversed ? 0 : 1]();
        if (pair >= 0) differences.push(isReversed ? one - other : other - one);
      }
      print(row(`  ${stream ? 'streamed' : 'in one piece'}, no tool called`, distribution(differences), 'ms'));
    }
  } finally {
    await switchyard.remove();
    await endpoint.close();
  }
}
