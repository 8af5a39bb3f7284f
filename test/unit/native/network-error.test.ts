import { expect, test } from 'vitest';
import { describeNetworkError } from '../../../src/native/network-error.ts';

test('what the network says is told in words, a rare code as it is', () => {
  expect(describeNetworkError('ENETUNREACH')).toBe('there is no route to its network');
  expect(describeNetworkError('EIO')).toBe('EIO');
});
