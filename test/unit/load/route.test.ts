import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../../src/load/network.ts';
import { parseRoutesV4, parseRoutesV6, readInterface, selectRoute } from '../../../src/load/route.ts';

const address = (text: string): Uint8Array => parseAddress(text) as Uint8Array;

const V4 = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\t0100010A\t0003\t0\t0\t50\t00000000\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t0000020A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
const V6 = `fd000077000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001    veth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000003 00000000 00000003    veth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;

describe('a route', () => {
  it('is on the link when the longest prefix has no gateway', () => {
    const route = selectRoute(parseRoutesV4(V4), address('10.0.0.9'));
    expect(route).toEqual({ interfaceName: 'eth0', nextHop: address('10.0.0.9') });
  });

  it('goes by the gateway of the smallest metric, or by the interface that was asked for', () => {
    const routes = parseRoutesV4(V4);
    expect(formatAddress(selectRoute(routes, address('9.9.9.9'))?.nextHop as Uint8Array)).toBe('10.1.0.1');
    expect(formatAddress(selectRoute(routes, address('9.9.9.9'), 'eth0')?.nextHop as Uint8Array)).toBe('10.0.0.1');
    expect(selectRoute(routes, address('9.9.9.9'), 'eth9')).toBeNull();
  });

  it('is not taken from an entry that rejects', () => {
    expect(formatAddress(selectRoute(parseRoutesV4(V4), address('10.2.0.1'))?.nextHop as Uint8Array)).toBe('10.1.0.1');
    expect(parseRoutesV6(V6).some(({ interfaceName }) => interfaceName === 'lo')).toBe(false);
  });

  it('is read for IPv6 too', () => {
    const routes = parseRoutesV6(V6);
    expect(selectRoute(routes, address('fd00:77::2'))?.nextHop).toEqual(address('fd00:77::2'));
    expect(formatAddress(selectRoute(routes, address('2001:db8::1'))?.nextHop as Uint8Array)).toBe('fe80::1');
    expect(selectRoute(routes, address('10.0.0.1'))).toBeNull();
  });
});

describe('an interface', () => {
  it('is read from the kernel, and null when there is none', () => {
    expect(readInterface('lo')).toMatchObject({ name: 'lo', index: 1 });
    expect(readInterface('no-such-if0')).toBeNull();
  });
});
