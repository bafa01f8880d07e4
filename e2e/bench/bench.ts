// `npm run bench` measures the product and its sandboxes; `npm run bench -- product | sandboxes | burst | fairness |
// leftovers [runs] | peers | arms | chat | day [conversations] | kill [switches] | privacy | search [products] |
// content | pages [conversations] | replay [decisions]` one of them. Figures are of this machine in this hour: compare them only with figures of the same run.
import os from 'node:os';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const PARTS = {
  product: () => import('./product.ts'),
  sandboxes: () => import('./sandboxes.ts'),
  leftovers: () => import('./leftovers.ts'),
  burst: () => import('./burst.ts'),
  fairness: () => import('./fairness.ts'),
  peers: () => import('./peers/peers.ts'),
  arms: () => import('./arms.ts'),
  chat: async () => (await import('./chat.ts')).chat(print),
  day: async () => (await import('./day.ts')).day(print),
  kill: async () => (await import('./kill.ts')).kill(print),
  privacy: async () => (await import('./privacy.ts')).privacy(print),
  search: async () => (await import('./search.ts')).search(print),
  content: async () => (await import('./content.ts')).content(print),
  replay: async () => (await import('./replay.ts')).replay(print),
  pages: async () => (await import('./pages.ts')).pages(print),
} as const;

const wanted = process.argv[2];
const isPart = (name: string): name is keyof typeof PARTS => Object.hasOwn(PARTS, name);
if (wanted !== undefined && !isPart(wanted)) {
  process.stderr.write(`There is no bench ${wanted}: ${Object.keys(PARTS).join(', ')}.\n`);
  process.exit(1);
}
const cpu = os.cpus()[0]?.model ?? 'unknown processor';
process.stdout.write(`Switchyard bench · ${os.cpus().length} × ${cpu} · Node ${process.versions.node}\n\n`);
for (const part of wanted === undefined ? (['product', 'sandboxes', 'chat'] as const) : [wanted]) await PARTS[part]();
