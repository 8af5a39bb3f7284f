import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { BOUND_ADDRESSES_MAX, boundAddresses, hostAddresses } from '../../../src/workers/host-addresses.ts';
import type { ListenerSpec } from '../../../src/workers/listener-sockets.ts';

const HOST = [
  { address: '127.0.0.1', interface: 'lo' },
  { address: '10.53.0.1', interface: 'lo' },
  { address: '::1', interface: 'lo' },
  { address: '192.0.2.1', interface: 'eth0' },
  { address: '192.0.2.2', interface: 'eth0' },
  { address: 'fe80::1', interface: 'eth0' },
  { address: '2001:db8::1', interface: 'eth0' },
  { address: '192.0.2.1', interface: 'eth1' },
  { address: '198.51.100.1', interface: 'eth1' },
  { address: '2001:db8:1::1', interface: 'eth1' },
];

function bound(listener: Partial<ListenerSpec>, workers = 1, open: readonly string[] = [], host = HOST): string[] {
  return boundAddresses({ address: '0.0.0.0', port: 123, ...listener }, host, workers, (each) => open.includes(each));
}

test('a wildcard has sockets for the addresses of its family, each once, without those of loopback and of links', () => {
  expect(bound({})).toEqual(['10.53.0.1', '192.0.2.1', '192.0.2.2', '198.51.100.1']);
  expect(bound({ address: '::' })).toEqual(['2001:db8::1', '2001:db8:1::1']);
  expect(bound({ address: '192.0.2.1' })).toEqual([]);
});

test('one that is bound to an interface has them for the addresses of that one', () => {
  expect(bound({ interface: 'eth1' })).toEqual(['192.0.2.1', '198.51.100.1']);
  expect(bound({ address: '::', interface: 'eth0' })).toEqual(['2001:db8::1']);
});

test('of many addresses the first have them, those that have them already before all others', () => {
  const host = Array.from({ length: 20 }, (_, i) => ({ address: `192.0.2.${i + 1}`, interface: 'eth0' }));
  const first = host.map(({ address }) => address).slice(0, BOUND_ADDRESSES_MAX);
  expect(bound({}, 1, [], host)).toEqual(first);
  const open = host.map(({ address }) => address).slice(8, 15);
  expect(bound({}, 1, open, host)).toEqual([...open, '192.0.2.1']);
});

test('many workers make them fewer, for each takes two descriptors', () => {
  const host = Array.from({ length: 20 }, (_, i) => ({ address: `192.0.2.${i + 1}`, interface: 'eth0' }));
  expect([1, 32, 64, 128, 256].map((workers) => bound({}, workers, [], host).length)).toEqual([8, 8, 4, 2, 1]);
});

test('the addresses of this host are those of its interfaces', () => {
  const found = hostAddresses();
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address } of addresses ?? []) expect(found).toContainEqual({ address, interface: name.split(':')[0] });
  }
});
