import { describe, expect, it } from 'vitest';
import { type KernelClockState, localTime } from '../../../src/core/local-time.ts';

/** What adjtimex said on machines in different states. */
const RECORDED: Readonly<Record<string, KernelClockState>> = {
  'never set': { state: 5, status: 0x40, maximumErrorUs: 16_000_000 },
  'following chronyd': { state: 0, status: 0x2001, maximumErrorUs: 23_500 },
  'following, leap insert': { state: 1, status: 0x2011, maximumErrorUs: 1_500 },
  'following, leap delete': { state: 2, status: 0x2021, maximumErrorUs: 1_500 },
  'left alone for days': { state: 0, status: 0x2001, maximumErrorUs: 1_000_001 },
  'flag set, state fine': { state: 0, status: 0x2041, maximumErrorUs: 0 },
};

const base = { localStratum: 16, referenceId: 0x4c4f434c, precisionLog2: -20 };

function served(name: string): { leap: number; stratum: number } {
  const { leap, stratum } = localTime({ ...base, kernel: RECORDED[name] as KernelClockState });
  return { leap, stratum };
}

describe('the local clock', () => {
  it('is unsynchronised when nobody vouches for it', () => {
    expect(localTime({ ...base, kernel: null })).toMatchObject({ leap: 3, stratum: 16, refid: 0 });
    for (const name of ['never set', 'left alone for days', 'flag set, state fine']) {
      expect(served(name)).toEqual({ leap: 3, stratum: 16 });
    }
  });

  it('takes leap and error from a kernel that is synchronised, at stratum 10', () => {
    expect(localTime({ ...base, kernel: RECORDED['following chronyd'] as KernelClockState })).toEqual({
      leap: 0,
      stratum: 10,
      refid: 0x7f7f0101,
      rootDelaySeconds: 0,
      rootDispersionSeconds: 0.0235,
    });
    expect(served('following, leap insert')).toEqual({ leap: 1, stratum: 10 });
    expect(served('following, leap delete')).toEqual({ leap: 2, stratum: 10 });
  });

  it('is what the operator says, whatever the kernel thinks', () => {
    for (const kernel of [null, ...Object.values(RECORDED)]) {
      expect(localTime({ ...base, localStratum: 3, kernel })).toEqual({
        leap: 0,
        stratum: 3,
        refid: 0x4c4f434c,
        rootDelaySeconds: 0,
        rootDispersionSeconds: 2 ** -20,
      });
    }
  });
});
