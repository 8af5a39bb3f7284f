import { describe, expect, it } from 'vitest';
import {
  clientAddress,
  clientCapacity,
  contains,
  formatAddress,
  isLocalTarget,
  isOwnNetwork,
  type Network,
  parseAddress,
  parseNetwork,
} from '../../../src/load/network.ts';

const address = (text: string): Uint8Array => parseAddress(text) as Uint8Array;
const network = (text: string): Network => parseNetwork(text) as Network;

describe('addresses', () => {
  it('survive the way to octets and back', () => {
    for (const text of ['10.0.0.1', '255.255.255.255', '::', '::1', '2001:db8::1', 'fe80::1:2:3:4', '1:0:0:2::3']) {
      expect(formatAddress(address(text))).toBe(text === '1:0:0:2::3' ? '1:0:0:2::3' : text);
    }
    expect(formatAddress(address('::ffff:10.1.2.3'))).toBe('::ffff:a01:203');
    expect(formatAddress(address('1:2:3:4:5:6:7:8'))).toBe('1:2:3:4:5:6:7:8');
  });

  it('are null for anything else', () => {
    for (const text of ['', '10.0.0', '10.0.0.256', 'fe80::1%eth0', 'pool.ntp.org', '1::2::3']) {
      expect(parseAddress(text)).toBeNull();
    }
  });
});

describe('networks', () => {
  it('are read only with no bits behind the prefix', () => {
    expect(parseNetwork('10.9.0.0/16')).toEqual({ octets: Uint8Array.of(10, 9, 0, 0), prefixBits: 16 });
    for (const text of ['10.9.0.1/16', '10.9.0.0', '10.9.0.0/33', '10.9.0.0/x', 'fd00::1/64', '10.9.0.0/8/8']) {
      expect(parseNetwork(text), text).toBeNull();
    }
  });

  it('contain what begins with their prefix, of their family alone', () => {
    expect(contains(network('10.8.0.0/13'), address('10.15.255.255'))).toBe(true);
    expect(contains(network('10.8.0.0/13'), address('10.16.0.0'))).toBe(false);
    expect(contains(network('fd00::/9'), address('fd7f::1'))).toBe(true);
    expect(contains(network('::/0'), address('10.0.0.1'))).toBe(false);
  });

  it('give each client an address of its own, without the first and the last', () => {
    expect(formatAddress(clientAddress(network('10.9.0.0/16'), 0))).toBe('10.9.0.1');
    expect(formatAddress(clientAddress(network('10.9.0.0/16'), 65_533))).toBe('10.9.255.254');
    expect(formatAddress(clientAddress(network('fd00:9::/64'), 999_999))).toBe('fd00:9::f:4240');
    expect(formatAddress(clientAddress(network('10.9.0.7/32'), 0))).toBe('10.9.0.7');
    expect(clientCapacity(network('10.9.0.0/16'))).toBe(65_534);
    expect(clientCapacity(network('10.9.0.7/32'))).toBe(1);
    expect(clientCapacity(network('fd00:9::/64'))).toBe(2 ** 24);
  });
});

describe('public safety', () => {
  it('knows the targets that are nobody else', () => {
    for (const text of ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.1.1', '198.18.0.1', '::1']) {
      expect(isLocalTarget(address(text)), text).toBe(true);
    }
    expect(isLocalTarget(address('fe80::1'))).toBe(true);
    expect(isLocalTarget(address('fd12::1'))).toBe(true);
    for (const text of ['8.8.8.8', '172.32.0.1', '192.0.2.1', '2001:db8::1', '198.20.0.0']) {
      expect(isLocalTarget(address(text)), text).toBe(false);
    }
  });

  it('lets only networks through that lie wholly where replies come back', () => {
    for (const text of ['10.0.0.0/8', '10.9.0.0/16', '198.18.0.0/15', 'fc00::/7', 'fd00::/64', '127.0.0.0/8']) {
      expect(isOwnNetwork(network(text)), text).toBe(true);
    }
    for (const text of ['0.0.0.0/0', '8.0.0.0/6', '172.0.0.0/8', '2001:db8::/64', '::/0', '198.16.0.0/12']) {
      expect(isOwnNetwork(network(text)), text).toBe(false);
    }
  });
});
