import { expect, it } from '@jest/globals';
import { suggestName } from './suggest-name.ts';

it.each([
  ['https://mcp.example.com/mcp', 'example'],
  ['https://my-tools.acme.io/', 'acme'],
  ['https://my-tools.io/', 'myTools'],
  ['http://localhost:3001/mcp', 'server3001'],
  ['http://10.0.0.5:8080/mcp', 'server8080'],
  ['not a url', ''],
])('%s gives %s', (url, name) => {
  expect(suggestName(url)).toBe(name);
});
