import { expect, test } from 'vitest';
import { defaultServer, parseConfig } from '../../../src/config/load.ts';
import { ACCESS_DENY, ACCESS_SERVE, decideAccess } from '../../../src/core/server/access.ts';
import { DEFAULT_RATE_LIMITS } from '../../../src/core/server/rate-limit.ts';
import { poolListener, refuseHardwareStamps, shortQueueWarning } from '../../../src/daemon/listener-config.ts';

const server = (toml: string) => {
  const [only] = parseConfig(`[[server]]\nlisten = "192.0.2.1:123"\n${toml}`, 'test').server;
  if (only === undefined) throw new Error('no server');
  return poolListener(only).policy;
};

test('a listener of its own choice has the default limits, no lists, and interleaved mode', () => {
  const { policy } = poolListener(defaultServer({ address: '192.0.2.1', scope: null, port: 123 }));
  expect(policy?.limits).toEqual(DEFAULT_RATE_LIMITS);
  expect(policy?.access).toBeNull();
  expect(policy?.interleaved).toBe(true);
});

test('lists, limits and switches reach the policy', () => {
  const policy = server(`
    allowlist = { filter = ["198.51.100.0/24"], action = "deny" }
    rate-limit-address = { rate = 2, burst = 4 }
    rate-limit-leak = 0
    rate-limit-kiss = 3
    interleaved = false
    crypto-nak = true
    steering = "flow"`);
  expect(policy?.limits?.ipv4Address).toEqual({ costUnits: 2 ** 19, depthUnits: 2 ** 21 });
  expect(policy?.limits).toMatchObject({ leakLog2: -1, kissLog2: 3, ipv4AddressShared: true });
  expect(policy).toMatchObject({ interleaved: false, cryptoNak: true });
  const access = policy?.access ?? null;
  if (access === null) throw new Error('no lists');
  expect(decideAccess(access, 0, 0, 0xffff, 0xc6336401 | 0)).toBe(ACCESS_SERVE);
  expect(decideAccess(access, 0, 0, 0xffff, 1)).toBe(ACCESS_DENY);
});

test('limits can be switched off', () => {
  expect(server('rate-limiting = false')?.limits).toBeNull();
});

test.each([
  'allowlist = { filter = ["10.0.0.0/33"], action = "ignore" }',
  'allowlist = { filter = ["example.org"], action = "ignore" }',
  'allowlist = { filter = [], action = "drop" }',
  'denylist = ["10.0.0.0/8"]',
  'rate-limit-address = { rate = 0, burst = 1 }',
  'rate-limit-address = { rate = 1, burst = 100000 }',
])('%s is refused', (toml) => {
  expect(() => server(toml)).toThrow();
});

test('a receive queue shorter than it was to be is named with the sysctl that stands in the way', () => {
  const bound = {
    address: '0.0.0.0',
    port: 123,
    scope: null,
    stamps: 'kernel' as const,
    receiveBufferOctets: 212_992,
    receiveBufferWanted: 2_097_152,
    addresses: [],
  };
  expect(shortQueueWarning('0.0.0.0:123', bound)).toMatch(
    /^0\.0\.0\.0:123: .* 212992 octets instead of 2097152; raise net\.core\.rmem_max to that, or give CAP_NET_ADMIN$/,
  );
  expect(shortQueueWarning('0.0.0.0:123', { ...bound, receiveBufferOctets: 2_097_152 })).toBeNull();
});

test('the first listener with stamps of a card waits for a restart', () => {
  const servers = (options: string) => parseConfig(`[[server]]\nlisten = "192.0.2.1:123"\n${options}`, 'test').server;
  expect(() => refuseHardwareStamps(servers(''))).not.toThrow();
  expect(() => refuseHardwareStamps(servers('timestamping = "hardware"'))).toThrow(/^192\.0\.2\.1:123: .*restart$/);
});

test('lists that are too long for the table are a wrong value that names the listener', () => {
  const listen = { address: '192.0.2.1', port: 123, scope: null };
  const [server] = parseConfig('[[server]]\nlisten = "192.0.2.1:123"\n', 'test').server;
  // One prefix in each of as many networks as make a node of their own each.
  const filter = Array.from({ length: 1_200_000 }, (_, i) => {
    const word = Math.imul(i, 0x9e37_79b1) >>> 0;
    return `2001:${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}::${i.toString(16).slice(-4)}/128`;
  });
  const denylist = { filter, action: 'ignore' as const };
  expect(() => poolListener({ ...(server as NonNullable<typeof server>), listen, denylist })).toThrow(
    /^192\.0\.2\.1:123: allowlist and denylist: too many prefixes \(1200000\); join/,
  );
});
