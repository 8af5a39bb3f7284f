import { describe, expect, it } from 'vitest';
import { capabilityIn, hasCapability } from '../../../src/native/capabilities.ts';

describe('capabilities', () => {
  it('are read from the effective set', () => {
    const status = 'Name:\tx\nCapInh:\t000001ffffffffff\nCapEff:\t0000000002000400\nCapBnd:\t0\n';
    expect(capabilityIn(status, 'CAP_SYS_TIME')).toBe(true);
    expect(capabilityIn(status, 'CAP_NET_BIND_SERVICE')).toBe(true);
    expect(capabilityIn(status, 'CAP_NET_ADMIN')).toBe(false);
    expect(capabilityIn('CapEff:\t0000008000000000\n', 'CAP_BPF')).toBe(true);
    expect(capabilityIn('', 'CAP_SYS_TIME')).toBe(false);
  });

  it('can be asked of this process', () => {
    expect(typeof hasCapability('CAP_SYS_TIME')).toBe('boolean');
  });
});
