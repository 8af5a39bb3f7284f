import { expect, test } from 'vitest';
import {
  checkDescriptors,
  countBound,
  descriptorLimit,
  isForWantOfDescriptors,
  tooFewDescriptors,
} from '../../../src/daemon/descriptors.ts';

test('the limit is the one in force, and without one there is none', () => {
  const limits =
    'Max processes             4  8  processes\nMax open files            1024                 4096                 files\n';
  expect(descriptorLimit(limits)).toBe(1024);
  expect(descriptorLimit('Max open files            unlimited            unlimited            files\n')).toBe(
    Number.POSITIVE_INFINITY,
  );
  expect(descriptorLimit()).toBeGreaterThan(2);
});

test('more workers and more addresses need more descriptors, and too few are refused with both numbers', () => {
  expect(() => checkDescriptors(4, 1, 122)).not.toThrow();
  expect(() => checkDescriptors(4, 1, 121)).toThrowError(
    expect.objectContaining({ code: 'too-few-descriptors', exitCode: 69 }),
  );
  expect(() => checkDescriptors(4, 2, 122)).toThrowError(/4 workers need 130 and may have 122; raise "ulimit -n"/);
  expect(() => checkDescriptors(256, 8, 65_536)).not.toThrow();
  expect(() => checkDescriptors(256, 0, 64)).not.toThrow(); // a client alone
});

test('a wildcard also counts the addresses that it takes in', () => {
  const host = ['10.0.0.1', '10.0.0.2', '127.0.0.1', 'fd00::1'].map((address) => ({ address, interface: 'eth0' }));
  const at = (address: string) => ({ address, port: 123 });
  expect(countBound([at('10.0.0.1')], host, 4)).toBe(1);
  expect(countBound([at('0.0.0.0'), at('::')], host, 4)).toBe(5);
  expect(countBound([], host, 4)).toBe(0);
});

test('a module that is not there is one that could not be opened where descriptors are few', () => {
  const notThere = { code: 'ERR_MODULE_NOT_FOUND' };
  expect(isForWantOfDescriptors(notThere, 44)).toBe(true);
  expect(isForWantOfDescriptors(notThere, 1024)).toBe(false);
  expect(isForWantOfDescriptors({ code: 'EMFILE' }, 1024)).toBe(true);
  expect(isForWantOfDescriptors({ code: 'ENFILE' }, 1024)).toBe(true);
  expect(isForWantOfDescriptors(new Error('other'), 44)).toBe(false);
  expect(tooFewDescriptors(notThere).message).toMatch(/^too few file descriptors; raise "ulimit -n"/);
});
