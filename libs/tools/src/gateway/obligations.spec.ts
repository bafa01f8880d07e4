import { describe, expect, it } from '@jest/globals';
import { fulfil, MASKED, NO_OBLIGATIONS } from './obligations.ts';

const obliged = (more: object) => ({ ...NO_OBLIGATIONS, ...more });

describe('obligations on a result', () => {
  it('leaves what needs nothing as the object that it is', () => {
    const value = { rows: [{ email: 'a@b.c' }] };
    expect(fulfil(value, NO_OBLIGATIONS).value).toBe(value);
    expect(fulfil(value, obliged({ maskFields: ['phone'], rowCap: 5 })).value).toBe(value);
  });

  it('masks fields wherever they stand, whatever they hold, and says nothing where there is nothing', () => {
    const value = { Email: 'a@b.c', rows: [{ email: { work: 'x' }, name: 'Ada', note: null }], note: null };
    expect(fulfil(value, obliged({ maskFields: ['email', 'note'] }))).toEqual({
      value: { Email: MASKED, rows: [{ email: MASKED, name: 'Ada', note: null }], note: null },
      masked: true,
      capped: false,
    });
  });

  it('masks a field of another field alone', () => {
    const value = { customer: { id: 7, name: 'Ada' }, id: 8 };
    expect(fulfil(value, obliged({ maskFields: ['customer.id'] })).value).toEqual({
      customer: { id: MASKED, name: 'Ada' },
      id: 8,
    });
  });

  it('cuts every list', () => {
    const value = { rows: [{ tags: [1, 2, 3] }, { tags: [] }, { tags: [] }] };
    expect(fulfil(value, obliged({ rowCap: 2 }))).toEqual({
      value: { rows: [{ tags: [1, 2] }, { tags: [] }] },
      masked: false,
      capped: true,
    });
    expect(fulfil([1, 2], obliged({ rowCap: 0 })).value).toEqual([]);
  });
});
