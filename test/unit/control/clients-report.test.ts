import { expect, test } from 'vitest';
import { formatTalkers } from '../../../src/control/clients-report.ts';

test('clients are shown with rates, drops and versions, addresses first', () => {
  const talker = { source: '192.0.2.1', requestsPerSecond: 2.5, dropShare: 0.25, versions: [3, 4] };
  const lines = formatTalkers({
    addresses: [talker],
    prefixes: [{ ...talker, source: '192.0.2.0/24', requestsPerSecond: 1234.5 }],
  }).split('\n');
  expect(lines).toEqual([
    'address    requests/s  dropped  versions',
    '192.0.2.1        2.50   25.0 %       3,4',
    '',
    'prefix        requests/s  dropped  versions',
    '192.0.2.0/24        1235   25.0 %       3,4',
  ]);
});

test('nobody is said to be nobody', () => {
  expect(formatTalkers({ addresses: [], prefixes: [] })).toBe('address: nobody has asked\n\nprefix: nobody has asked');
});
