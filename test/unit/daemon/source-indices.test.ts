import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { sourceIndices } from '../../../src/daemon/source-indices.ts';
import { OperatorError } from '../../../src/errors.ts';

const source = (address: string): string => `[[source]]\nmode = "server"\naddress = "${address}"\n`;
const { source: sources } = parseConfig(['a.example', '[::9]:1123', 'a.example:1123'].map(source).join(''), 'test');

test('sources are meant all at once, or by the address that is configured, without its port', () => {
  expect(sourceIndices(sources, null)).toEqual([0, 1, 2]);
  expect(sourceIndices(sources, 'a.example')).toEqual([0, 2]);
  expect(sourceIndices(sources, '::9')).toEqual([1]);
  expect(sourceIndices([], null)).toEqual([]);
});

test('an address that no source has is refused with those that there are', () => {
  const there = 'no source is configured as "b.example"; there are a.example, ::9';
  expect(() => sourceIndices(sources, 'b.example')).toThrow(new OperatorError('control-refused', there));
  expect(() => sourceIndices([], 'b.example')).toThrow('there is none; add a [[source]] and reload');
});
