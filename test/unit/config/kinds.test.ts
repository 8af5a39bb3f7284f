import { describe, expect, it } from 'vitest';
import { expectation, parseEndpoint, parseHost, parseReferenceId, validator } from '../../../src/config/kinds.ts';
import { ALL_SECTIONS } from '../../../src/config/options.ts';

describe('endpoints', () => {
  it('are an address literal and a port', () => {
    expect(parseEndpoint('192.0.2.1:123')).toEqual({ address: '192.0.2.1', scope: null, port: 123 });
    expect(parseEndpoint('[2001:db8::1]:65535')).toEqual({ address: '2001:db8::1', scope: null, port: 65_535 });
    expect(parseEndpoint('[fe80::1%eth0]:123')).toEqual({ address: 'fe80::1', scope: 'eth0', port: 123 });
    expect(parseEndpoint('[0:0:0:0:0:0:0:0]:123')).toEqual({ address: '::', scope: null, port: 123 });
    expect(parseEndpoint('[::ffff:192.0.2.1]:123')).toEqual({ address: '192.0.2.1', scope: null, port: 123 });
  });

  it.each([
    '',
    '192.0.2.1',
    '192.0.2.1:',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '192.0.2.256:123',
    '[::1]',
    '::1:123',
    '[192.0.2.1]:123',
    'localhost:123',
    '192.0.2.1%eth0:123',
    '[fe80::1%]:123',
    '[::1]:12x',
    '[::1]:123 ',
  ])('are not %j', (text) => {
    expect(parseEndpoint(text)).toBeNull();
  });
});

describe('hosts', () => {
  it('are names and addresses with port 123 unless another is given', () => {
    expect(parseHost('pool.ntp.org')).toEqual({ host: 'pool.ntp.org', port: 123 });
    expect(parseHost('time.example:1123')).toEqual({ host: 'time.example', port: 1123 });
    expect(parseHost('2001:db8::1')).toEqual({ host: '2001:db8::1', port: 123 });
    expect(parseHost('[fe80::1%eth0]:1123')).toEqual({ host: 'fe80::1%eth0', port: 1123 });
  });

  it.each(['', '1.2.3', '300.1.1.1', 'a b', '-a', 'a:b', 'a:0', '[a]:1', `${'a'.repeat(254)}`])(
    'are not %j',
    (text) => {
      expect(parseHost(text)).toBeNull();
    },
  );
});

describe('reference ids', () => {
  it('are four letters or an IPv4 address', () => {
    expect(parseReferenceId('GPS')).toBe(0x47505300);
    expect(parseReferenceId('127.127.1.1')).toBe(0x7f7f0101);
    for (const text of ['', 'TOOLONG', 'a b', 'é']) expect(parseReferenceId(text)).toBeNull();
  });
});

describe('validators', () => {
  const limit = validator({ kind: 'step-limit', doc: '' });

  it('read step limits in all three forms', () => {
    expect(limit.parse(5)).toEqual({ forward: 5, backward: 5 });
    expect(limit.parse('inf')).toEqual({ forward: Infinity, backward: Infinity });
    expect(limit.parse(Infinity)).toEqual({ forward: Infinity, backward: Infinity });
    expect(limit.parse({ forward: 2, backward: Infinity })).toEqual({ forward: 2, backward: Infinity });
    expect(limit.parse({ forward: 1 })).toEqual({ forward: 1, backward: Infinity });
    expect(limit.parse({ forward: 'inf', backward: 3 })).toEqual({ forward: Infinity, backward: 3 });
    for (const wrong of [-1, 'infinite', { forwards: 1 }, { forward: 1, backward: 2, sideways: 3 }, true]) {
      expect(limit.safeParse(wrong).success).toBe(false);
    }
  });

  it('read poll limits in order only', () => {
    const poll = validator({ kind: 'poll-limits', doc: '' });
    expect(poll.safeParse({ min: 4, max: 4 }).success).toBe(true);
    expect(poll.safeParse({ min: 5, max: 4 }).success).toBe(false);
    expect(poll.safeParse({ min: 4 }).success).toBe(false);
  });

  it('exist for every option of the table, with an expectation to tell', () => {
    for (const section of Object.values(ALL_SECTIONS)) {
      for (const option of Object.values(section.options)) {
        expect(() => validator(option)).not.toThrow();
        if (option.kind !== 'unsupported') expect(expectation(option)).not.toBe('nothing');
        if (option.default !== undefined) expect(validator(option).safeParse(option.default).success).toBe(true);
        if (option.kind !== 'unsupported' && option.default === undefined) {
          expect(validator(option).safeParse(option.example).success).toBe(true);
        }
      }
    }
  });
});
