import { describe as suite, expect, it } from '@jest/globals';
import { newId, type ConnectionId, type ToolId } from '@switchyard/kernel';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { ToolDescriptor } from '../catalog/descriptor.ts';
import { describe, listCategories, listTools, search, type DetailLevel } from './discover.ts';
import { asText, descriptionAsText } from './text.ts';

const tool = (
  server: string,
  name: string,
  description: string,
  params: Record<string, string> = {},
): ToolDescriptor => ({
  id: newId<ToolId>(),
  connectionId: newId<ConnectionId>(),
  server,
  name,
  upstreamName: name,
  path: `servers/${server}/${name}.ts`,
  description,
  category: server,
  inputSchema: {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(params).map(([key, text]) => [key, { type: 'string', description: text }]),
    ),
  },
  annotations: {},
  definitionHash: name,
  declaration: `/** ${description} */\nexport declare function ${name}(input: Record<string, unknown>): Promise<unknown>;`,
});

const TOOLS = [
  tool('search', 'searchProducts', 'Searches products by words or article number.', { query: 'Words to look for' }),
  tool('search', 'getProductDetails', 'Gives one product with its attributes.', { sku: 'Article number' }),
  tool('commerce', 'lookupOrder', 'Finds an order by its number or the customer’s e-mail.'),
  tool('commerce', 'trackShipment', 'Says where a parcel is.'),
  tool('github', 'create_issue', 'Create a new issue in a repository.', { repo: 'Repository', title: 'Title' }),
  tool('github', 'create_issue_comment', 'Comment on an issue.'),
  tool('github', 'list_issues', 'List the issues of a repository.'),
  tool('slack', 'slack_post_message', 'Post a new message to a channel.'),
];

/** A catalogue of many servers whose names and words are as varied as real ones. */
function many(count: number): ToolDescriptor[] {
  const verbs = ['create', 'list', 'get', 'update', 'delete', 'search', 'archive', 'export', 'assign', 'merge'];
  const things = [
    'invoice',
    'ticket',
    'branch',
    'calendar',
    'customer',
    'shipment',
    'warehouse',
    'report',
    'document',
    'deployment',
  ];
  return Array.from({ length: count }, (_one, index) => {
    const verb = verbs[index % 10] ?? '';
    const thing = things[Math.floor(index / 10) % 10] ?? '';
    const area = `area${Math.floor(index / 100)}`;
    return tool(
      area,
      `${verb}_${thing}_${index}`,
      `Will ${verb} the ${thing} of ${area}, by its number or by the words that describe it.`,
      {
        id: `Number of the ${thing}`,
      },
    );
  });
}

suite('search', () => {
  it.each([
    ['find products', 'searchProducts'],
    ['product details for a SKU', 'getProductDetails'],
    ['where is my parcel', 'trackShipment'],
    ['create an issue', 'create_issue'],
    ['comment on issue', 'create_issue_comment'],
    ['send a message to the channel', 'slack_post_message'],
    ['serch prodcuts', 'searchProducts'],
    ['searchProducts', 'searchProducts'],
    ['lookup_order', 'lookupOrder'],
    ['shipm', 'trackShipment'],
  ])('%s → %s', (query, expected) => expect(search(TOOLS, { query }).tools[0]?.name).toBe(expected));

  it('gives each level as the API shows it', () => {
    const at = (detailLevel: DetailLevel) => search(TOOLS, { query: 'parcel', detailLevel }).tools[0];
    const named = { server: 'commerce', name: 'trackShipment', path: 'servers/commerce/trackShipment.ts' };
    expect(at('name_only')).toEqual(named);
    expect(at('with_description')).toEqual({ ...named, description: 'Says where a parcel is.' });
    expect(at('full')).toEqual({
      ...named,
      description: 'Says where a parcel is.',
      declaration: expect.stringContaining('trackShipment('),
      inputSchema: expect.anything(),
    });
  });

  it('gives all in parts for no words', () => {
    const first = search(TOOLS, { query: '', limit: 5 });
    expect(first).toMatchObject({ total: 8, next: expect.any(String) });
    const second = search(TOOLS, { query: '', limit: 5, cursor: first.next });
    expect([...first.tools, ...second.tools].map((one) => one.name)).toEqual(TOOLS.map((one) => one.name));
    expect(second.next).toBeNull();
  });

  it('refuses a cursor that is not its own', () => {
    expect(() => search(TOOLS, { query: '', cursor: 'x' })).toThrow(expect.objectContaining({ code: 'unprocessable' }));
  });

  it('is quick at 1,000 tools', () => {
    const tools = many(1_000);
    const started = performance.now();
    search(tools, { query: 'warm' });
    console.log(`index of 1,000 tools: ${(performance.now() - started).toFixed(0)} ms, once per catalogue`);
    const rounds = 50;
    const measure = (words: string): number => {
      const begun = performance.now();
      for (let round = 0; round < rounds; round++) search(tools, { query: `${words} ${round % 10}`, limit: 10 });
      return (performance.now() - begun) / rounds;
    };
    const ms = measure('export the reprot of a customer');
    const worst = measure('number of the words that describe area1');
    console.log(`search at 1,000 tools: ${ms.toFixed(2)} ms; ${worst.toFixed(2)} ms when every tool fits every word`);
    expect(ms).toBeLessThan(100);
  });
});

suite('lists', () => {
  it('counts the tools of each category', () => {
    expect(listCategories(TOOLS)).toEqual([
      { name: 'commerce', count: 2 },
      { name: 'github', count: 3 },
      { name: 'search', count: 2 },
      { name: 'slack', count: 1 },
    ]);
    expect(listTools(TOOLS, { category: 'github' }).tools.map((one) => one.name)).toEqual([
      'create_issue',
      'create_issue_comment',
      'list_issues',
    ]);
  });
});

suite('describe', () => {
  it.each([
    'search.searchProducts',
    'search/searchProducts',
    'servers/search/searchProducts.ts',
    './servers/search/searchProducts',
    'searchProducts',
  ])('takes %s', (name) => expect(describe(TOOLS, [name]).tools.map((one) => one.name)).toEqual(['searchProducts']));

  it('says what was perhaps meant', () => {
    expect(describe(TOOLS, ['search.searchProduct']).unknown).toEqual([
      { name: 'search.searchProduct', near: expect.arrayContaining(['search.searchProducts']) },
    ]);
  });

  it('does not choose between two of one name', () => {
    const twice = [...TOOLS, tool('gitlab', 'create_issue', 'Creates an issue.')];
    expect(describe(twice, ['create_issue']).unknown).toEqual([
      { name: 'create_issue', near: ['github.create_issue', 'gitlab.create_issue'] },
    ]);
  });
});

suite('what a model reads', () => {
  const read = (tools: readonly ToolDescriptor[], query: string, level: DetailLevel) =>
    asText(search(tools, { query, detailLevel: level }), level);

  it('groups names by server and says how many more there are', () => {
    const text = asText(search(TOOLS, { query: '', detailLevel: 'name_only', limit: 4 }), 'name_only');
    expect(text).toBe('search: searchProducts, getProductDetails\ncommerce: lookupOrder, trackShipment\n(4 of 8)');
  });

  it.each<[DetailLevel, number]>([
    ['name_only', 110],
    ['with_description', 500],
    ['full', 1_600],
  ])('%s stays within its budget with 100 tools', (level, budget) => {
    const tokens = encode(read(many(100), 'create the report of a customer', level)).length;
    console.log(`${level}: ${tokens} tokens for a search among 100 tools`);
    expect(tokens).toBeLessThanOrEqual(budget);
  });

  it('gives one large declaration whole and names the rest', () => {
    const large = TOOLS.map((one) => ({ ...one, declaration: `${one.declaration}\n// ${'x'.repeat(7_000)}` }));
    const text = read(large, 'issue', 'full');
    expect(text.match(/export declare function/g)).toHaveLength(1);
    expect(text).toContain('too long to show here');
  });

  it('puts types into the text of a description', () => {
    expect(descriptionAsText(describe(TOOLS, ['lookupOrder', 'nothing.atAll']))).toMatch(
      /import \{ lookupOrder \} from 'servers\/commerce';[\s\S]*export declare function lookupOrder[\s\S]*nothing.atAll: no such tool/,
    );
  });
});
