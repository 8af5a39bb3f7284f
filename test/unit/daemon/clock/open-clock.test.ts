import { describe, expect, it } from 'vitest';
import { ObservedClock } from '../../../../src/daemon/clock/observed-clock.ts';
import { openClock } from '../../../../src/daemon/clock/open-clock.ts';
import { SoftwareClock } from '../../../../src/daemon/clock/software-clock.ts';
import { LocalTimescale } from '../../../../src/native/local-timescale.ts';

describe('opening a clock', () => {
  it('gives the one that was asked for and touches none', () => {
    const timescale = new LocalTimescale();
    expect(openClock('none', timescale)).toBeInstanceOf(ObservedClock);
    expect(openClock('software', timescale)).toBeInstanceOf(SoftwareClock);
  });
});
