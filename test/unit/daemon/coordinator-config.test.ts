import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { SOURCE_DEFAULTS, SYNCHRONIZATION_DEFAULTS } from '../../../src/core/coordinator-options.ts';
import { sourceOptions, synchronizationOptions } from '../../../src/daemon/coordinator-config.ts';

describe("the coordinator's options", () => {
  it('are its defaults when nothing is configured', () => {
    const config = parseConfig('[[source]]\nmode = "server"\naddress = "a.example"\n', '');
    expect(sourceOptions(config)).toEqual([{ ...SOURCE_DEFAULTS, address: 'a.example' }]);
    expect(synchronizationOptions(config)).toEqual(SYNCHRONIZATION_DEFAULTS);
  });

  it("keep a source's own poll limits and begin within them", () => {
    const toml = `[source-defaults]
      poll-interval-limits = { min = 5, max = 9 }
      [[source]]
      mode = "server"
      address = "a.example:1123"
      [[source]]
      mode = "pool"
      address = "b.example"
      count = 2
      poll-interval-limits = { min = 0, max = 1 }`;
    const [first, second] = sourceOptions(parseConfig(toml, ''));
    expect(first).toMatchObject({ port: 1123, pollLog2Min: 5, pollLog2Max: 9, pollLog2Initial: 5 });
    expect(second).toMatchObject({ mode: 'pool', count: 2, pollLog2Min: 0, pollLog2Max: 1, pollLog2Initial: 0 });
  });

  it('mean what ntpd-rs means by its thresholds', () => {
    const toml = `[synchronization]
      single-step-panic-threshold = 1800
      startup-step-panic-threshold = { forward = "inf", backward = 1800 }
      accumulated-step-panic-threshold = 0
      local-stratum = 16
      clock = "software"
      leap-mode = "slew"
      [synchronization.algorithm]
      step-threshold = 0.25`;
    expect(synchronizationOptions(parseConfig(toml, ''))).toMatchObject({
      singleStepPanicThreshold: { forwardSeconds: 1800, backwardSeconds: 1800 },
      startupStepPanicThreshold: { forwardSeconds: Infinity, backwardSeconds: 1800 },
      accumulatedStepPanicThreshold: { forwardSeconds: Infinity, backwardSeconds: Infinity },
      localStratum: null,
      stepThresholdSeconds: 0.25,
      leapMode: 'slew',
    });
  });
});
