import { expect, test } from 'vitest';
import * as page from '../../../src/core/server/page.ts';
import * as phc from '../../../src/core/server/phc-page.ts';
import * as slot from '../../../src/core/server/slot.ts';
import * as standing from '../../../src/core/server/standing-rows.ts';
import { layoutDifference, loadAddon } from '../../../src/native/binding.ts';
import * as counters from '../../../src/native/counter-words.ts';

const ours = (): Record<string, unknown> => ({
  version: 1,
  slot: { ...slot },
  page: { ...page },
  phc: { ...phc },
  standing: { ...standing },
  counters: { ...counters },
});

test('the addon is loaded once', () => {
  expect(loadAddon<object>()).toBe(loadAddon<object>());
});

test('the layout that the addon was built with is the one of this program, word by word', () => {
  expect(layoutDifference(loadAddon<{ layout: Record<string, unknown> }>().layout)).toBeNull();
  expect(layoutDifference(ours())).toBeNull();
});

test('another layout is told by its version or by the first word that differs', () => {
  expect(layoutDifference({ ...ours(), version: 2 })).toBe('layout version 2, expected 1');
  const moved = { ...slot, SLOT_START: 99 };
  expect(layoutDifference({ ...ours(), slot: moved })).toBe(`SLOT_START is 99 there and ${slot.SLOT_START} here`);
  const more = { ...page, PAGE_NEW: 7 };
  expect(layoutDifference({ ...ours(), page: more })).toBe('PAGE_NEW is 7 there and undefined here');
  const { COUNTER_SENT: _, ...fewer } = counters;
  expect(layoutDifference({ ...ours(), counters: fewer })).toContain('COUNTER_SENT is undefined there');
});
