import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  type ConfigProblem,
  defaultConfig,
  formatProblem,
  loadConfig,
  parseConfig,
} from '../../../src/config/load.ts';
import { runDirectory } from '../../support/directory.ts';

/** Every problem of a text that must not be accepted. */
function problems(toml: string): readonly ConfigProblem[] {
  try {
    parseConfig(toml, 'ntp.toml');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loading a configuration', () => {
  it('gives every option its default', () => {
    const config = defaultConfig();
    expect(config.server).toEqual([]);
    expect(config.source).toEqual([]);
    expect(config.observability.logLevel).toBe('info');
    expect(config.synchronization.localStratum).toBe(16);
    expect(config.synchronization.referenceId).toBe(0x7f7f0101);
    expect(config.synchronization.startupStepPanicThreshold).toEqual({ forward: Infinity, backward: 86_400 });
    expect(config.synchronization.driftFile).toBeNull();
  });

  it('names file, line, column, key, expectation and the key that was meant', () => {
    const [problem] = problems('\n[[server]]\nlisten = "127.0.0.1:123"\n  stale-limt = 2\n');
    expect(formatProblem(problem as ConfigProblem)).toBe(
      'ntp.toml:4:3: server[0].stale-limt: unknown key; did you mean "stale-limit"?',
    );
  });

  it('reports every problem at once', () => {
    const found = problems('[[server]]\nlisen = "x"\n[synchronization]\nlocal-stratum = 17\nclock = "sytem"\n');
    expect(found.map(({ code, key, line }) => [code, key, line])).toEqual(
      expect.arrayContaining([
        ['config-unknown-key', 'server[0].lisen', 2],
        ['config-missing-key', 'server[0].listen', 1],
        ['config-bad-value', 'synchronization.local-stratum', 4],
        ['config-bad-value', 'synchronization.clock', 5],
      ]),
    );
    expect(found).toHaveLength(4);
  });

  it('quotes what was found as it is written, and of much the beginning', () => {
    const messages = (toml: string): string[] => problems(toml).map(({ message }) => message);
    const listen = '[[server]]\nlisten = "127.0.0.1:123"\n';
    expect(messages(`${listen}stale-limit = inf\n`)).toEqual([expect.stringMatching(/, found inf$/)]);
    expect(messages(`${listen}stale-limit = nan\n`)).toEqual([expect.stringMatching(/, found nan$/)]);
    const many = Array.from({ length: 10_000 }, () => '"192.0.2.0/24"').join(', ');
    const [message] = messages(`${listen}allowlist = [${many}]\n`);
    expect(message).toMatch(/, found \["192\.0\.2\.0\/24",.*…$/);
    expect(message?.length).toBeLessThan(300);
  });

  it('knows an endpoint again that is spelled in another way', () => {
    const [problem] = problems('[[server]]\nlisten = "[::1]:123"\n[[server]]\nlisten = "[0:0::1]:123"\n');
    expect(problem?.message).toBe('[::1]:123 is already served by server[0]');
  });

  it('says where a key belongs that stands in the wrong table', () => {
    const [problem] = problems('[observability]\nlocal-stratum = 3\n');
    expect(problem?.message).toBe('unknown key here; it belongs in [synchronization]');
  });

  it('points at the place where the TOML breaks off', () => {
    const [problem] = problems('[observability]\nlog-level = \n');
    expect(problem).toMatchObject({ code: 'config-syntax', line: 2 });
  });

  it('refuses by name what another daemon has and this one does not', () => {
    const asked = ['[[source]]\nmode = "nts"\naddress = "a.example"\n', '[keyset]\nstale-key-count = 3\n'];
    asked.push('[synchronization.algorithm]\nprecision-hysteresis = 3\n');
    asked.push('[[server]]\nlisten = "[::]:123"\nrequire-nts = true\n', '[[nts-ke-server]]\nlisten = "[::]:4460"\n');
    for (const toml of asked) expect(problems(toml).map(({ code }) => code)).toEqual(['config-not-supported']);
  });

  it('reads what ntpd-rs ships, unchanged', () => {
    const config = parseConfig(
      `[observability]
       log-level = "info"
       observation-path = "/var/run/ntpd-rs/observe"
       [[source]]
       mode = "pool"
       address = "ntpd-rs.pool.ntp.org"
       count = 4
       [synchronization]
       single-step-panic-threshold = 1800
       startup-step-panic-threshold = { forward = "inf", backward = 86400 }
       minimum-agreeing-sources = 3
       accumulated-step-panic-threshold = 1800
       local-stratum = 16
       [source-defaults]
       poll-interval-limits = { min = 4, max = 10 }
       initial-poll-interval = 4
      `,
      'ntp.toml',
    );
    expect(config.observability.observationPath).toBe('/var/run/ntpd-rs/observe');
    expect(config.source[0]).toMatchObject({
      mode: 'pool',
      address: { host: 'ntpd-rs.pool.ntp.org', port: 123 },
      count: 4,
    });
    expect(config.synchronization).toMatchObject({
      singleStepPanicThreshold: { forward: 1800, backward: 1800 },
      startupStepPanicThreshold: { forward: Infinity, backward: 86_400 },
      accumulatedStepPanicThreshold: { forward: 1800, backward: 1800 },
      minimumAgreeingSources: 3,
    });
    expect(config.sourceDefaults).toEqual({ pollIntervalLimits: { min: 4, max: 10 }, initialPollInterval: 4 });
  });

  it('reads step-threshold from the place that ntpd-rs has for it', () => {
    const { algorithm } = parseConfig('[synchronization.algorithm]\nstep-threshold = 0.2\n', '').synchronization;
    expect(algorithm).toEqual({ stepThreshold: 0.2 });
  });

  it('tells a file that is not there from one that is a directory', () => {
    expect(() => loadConfig('/nonexistent/ntp.toml')).toThrow(
      '/nonexistent/ntp.toml: cannot be read: there is no such file',
    );
    expect(() => loadConfig('/')).toThrow('it is a directory');
  });

  it('reads a file', () => {
    const file = join(runDirectory('config'), 'ntp.toml');
    writeFileSync(file, '[workers]\ncount = 3\n');
    expect(loadConfig(file).workers.count).toBe(3);
  });
});
