import { expect, test } from 'vitest';
import { isCryptoNak } from '../../../src/protocol/mac.ts';

test('a crypto-NAK is exactly one zero word', () => {
  const view = new DataView(new ArrayBuffer(8));
  expect(isCryptoNak(view, 0, 4)).toBe(true);
  expect(isCryptoNak(view, 0, 8)).toBe(false);
  view.setUint8(3, 1);
  expect(isCryptoNak(view, 0, 4)).toBe(false);
});
