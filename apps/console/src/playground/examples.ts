interface Example {
  readonly title: string;
  readonly code: string;
}

export const SEARCH_EXAMPLE: Example = {
  title: 'Search, filter, return little',
  code: `import { searchProducts } from 'servers/search';

const { results } = await searchProducts({ query: 'pumps', limit: 100 });
console.log('found', results.length);
return results.filter((r) => (r.stock ?? 0) > 0).slice(0, 15);
`,
};

export const EXAMPLES: readonly Example[] = [
  SEARCH_EXAMPLE,
  {
    title: 'Several calls side by side',
    code: `import { searchProducts } from 'servers/search';

// Calls in Promise.all run at the same time: look at the time axis of the saved run.
const queries = ['hydraulic pump', 'ball bearing', 'pressure sensor', 'servo motor'];
const found = await Promise.all(queries.map((query) => searchProducts({ query, limit: 50 })));

return queries.map((query, i) => ({
  query,
  found: found[i].results.length,
  cheapest: Math.min(...found[i].results.map((r) => r.price)),
}));
`,
  },
  {
    title: 'Find tools from inside',
    code: `import { searchTools } from 'servers';

// The code looks up by itself what there is: only the few tools that it needs are read.
const { tools } = await searchTools({ query: 'find a product', detail_level: 'with_description' });
for (const tool of tools) console.log(tool.path, '-', tool.description);
return tools.length;
`,
  },
  {
    title: 'Logs while it runs',
    code: `const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (let step = 1; step <= 8; step++) {
  console.log('step', step, 'of 8');
  await pause(500);
}
return 'done';
`,
  },
  {
    title: 'Code that is refused',
    code: `// Validation says what is wrong, where, and what to write instead. Nothing is run.
import fs from 'node:fs';

const secret = fs.readFileSync('/etc/passwd', 'utf8');
return eval('secret.length');
`,
  },
];
