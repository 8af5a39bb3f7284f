import { describe, expect, test } from 'vitest';
import {
  emptyReply,
  isResidencePossible,
  judgeReply,
  kissOf,
  matchReply,
  type Reply,
  readReply,
} from '../../../../src/core/association/reply.ts';
import { refidFromName } from '../../../../src/protocol/refid.ts';

function replyOctets(change: (view: DataView) => void = () => {}, length = 48): DataView {
  const view = new DataView(new ArrayBuffer(length));
  view.setUint8(0, 0x24);
  view.setUint8(1, 2);
  change(view);
  return view;
}

function goodReply(change: Partial<Reply> = {}): Reply {
  return {
    ...emptyReply(),
    leap: 0,
    stratum: 2,
    refid: 0xc0000201,
    reftime: { seconds: 90, fraction: 0 },
    rec: { seconds: 100, fraction: 1 },
    xmt: { seconds: 100, fraction: 2 },
    ...change,
  };
}

const nobody = new Set<number>();

describe('reading', () => {
  test('every field comes from its place', () => {
    const reply = emptyReply();
    const view = replyOctets((octets) => {
      octets.setUint8(0, (1 << 6) | 0x24);
      octets.setUint8(1, 3);
      octets.setInt8(2, 10);
      octets.setInt8(3, -20);
      octets.setUint32(4, 0x0001_8000);
      octets.setUint32(8, 0x0000_4000);
      for (let at = 12; at < 48; at += 4) octets.setUint32(at, at);
    });
    expect(readReply(view, 48, reply)).toBeNull();
    expect(reply).toEqual({
      leap: 1,
      stratum: 3,
      pollLog2: 10,
      precisionLog2: -20,
      rootDelaySeconds: 1.5,
      rootDispersionSeconds: 0.25,
      refid: 12,
      reftime: { seconds: 16, fraction: 20 },
      org: { seconds: 24, fraction: 28 },
      rec: { seconds: 32, fraction: 36 },
      xmt: { seconds: 40, fraction: 44 },
    });
  });

  test('stratum 0 on the wire is 16', () => {
    const reply = emptyReply();
    readReply(
      replyOctets((view) => view.setUint8(1, 0)),
      48,
      reply,
    );
    expect(reply.stratum).toBe(16);
  });

  test.each([0, 1, 47, 49, 51])('%i octets are no reply', (length) => {
    expect(readReply(replyOctets(undefined, 64), length, emptyReply())).toBe('malformed');
  });

  test('a trailer that is neither fields nor a MAC is malformed', () => {
    expect(readReply(replyOctets(undefined, 56), 56, emptyReply())).toBe('malformed');
  });

  test.each([
    ['a request', 0x23],
    ['symmetric passive', 0x22],
    ['broadcast', 0x25],
    ['version 3', 0x1c],
  ])('%s is not an answer to a client request of version 4', (_name, first) => {
    expect(
      readReply(
        replyOctets((view) => view.setUint8(0, first)),
        48,
        emptyReply(),
      ),
    ).toBe('wrong-mode');
  });
});

describe('matching', () => {
  const exchange = {
    token: 1,
    sentLocal: 0,
    transmitLocal: 0,
    transmitStamp: 'kernel' as const,
    receiveStamp: 'kernel' as const,
    xmt: { seconds: 1, fraction: 2 },
    rec: { seconds: 3, fraction: 4 },
  };

  test('our transmit word makes it basic, our receive word interleaved, anything else bogus', () => {
    expect(matchReply(goodReply({ org: { seconds: 1, fraction: 2 } }), exchange)).toBe('basic');
    expect(matchReply(goodReply({ org: { seconds: 3, fraction: 4 } }), exchange)).toBe('interleaved');
    expect(matchReply(goodReply({ org: { seconds: 1, fraction: 3 } }), exchange)).toBeNull();
    expect(matchReply(goodReply({ org: { seconds: 0, fraction: 0 } }), { ...exchange, rec: null })).toBeNull();
  });
});

describe('kisses', () => {
  test.each([
    ['RATE', 'kiss-rate'],
    ['DENY', 'kiss-deny'],
    ['RSTR', 'kiss-deny'],
    ['NTSN', 'kiss-ntsn'],
    ['XFUN', 'kiss-other'],
    ['INIT', null],
  ])('%s means %s', (code, verdict) => {
    expect(kissOf(goodReply({ leap: 3, stratum: 16, refid: refidFromName(code) }))).toBe(verdict);
  });

  test('a code with a stratum or a leap indicator is a refid', () => {
    expect(kissOf(goodReply({ leap: 3, stratum: 1, refid: refidFromName('RATE') }))).toBeNull();
    expect(kissOf(goodReply({ leap: 0, stratum: 16, refid: refidFromName('RATE') }))).toBeNull();
    expect(kissOf(goodReply({ leap: 3, stratum: 16, refid: 0 }))).toBeNull();
  });
});

describe('judging', () => {
  test('a good reply has nothing wrong with it', () => {
    expect(judgeReply(goodReply(), 15, nobody)).toBeNull();
  });

  test.each<[string, Partial<Reply>]>([
    ['zero-stamp', { rec: { seconds: 0, fraction: 0 } }],
    ['zero-stamp', { xmt: { seconds: 0, fraction: 0 } }],
    ['unsynchronised', { leap: 3 }],
    ['unsynchronised', { stratum: 16 }],
    ['unsynchronised', { stratum: 255 }],
    ['stratum', { stratum: 5 }],
    ['loop', { refid: 0x0a000001 }],
    ['smearing', { refid: 0x7f7f01ff }],
    ['root-distance', { rootDelaySeconds: 10, rootDispersionSeconds: 11 }],
    ['root-distance', { rootDispersionSeconds: 16 }],
    ['future-reftime', { reftime: { seconds: 101, fraction: 0 } }],
  ])('%s', (verdict, change) => {
    expect(judgeReply(goodReply(change), 4, new Set([0x0a000001]))).toBe(verdict);
  });

  test('at stratum 1 the refid names a clock, so it cannot be a loop', () => {
    expect(judgeReply(goodReply({ stratum: 1, refid: 0x0a000001 }), 15, new Set([0x0a000001]))).toBeNull();
  });

  test('reference times are compared over the era boundary', () => {
    const rec = { seconds: 3, fraction: 0 };
    expect(
      judgeReply(goodReply({ reftime: { seconds: 0xffff_fff0, fraction: 0 }, rec, xmt: rec }), 15, nobody),
    ).toBeNull();
    expect(judgeReply(goodReply({ reftime: { seconds: 9, fraction: 0 }, rec, xmt: rec }), 15, nobody)).toBe(
      'future-reftime',
    );
  });

  test('a server does not keep a request for more than four seconds, nor answer before it came', () => {
    expect(isResidencePossible({ seconds: 10, fraction: 0 }, { seconds: 13, fraction: 0 }, 1e-6)).toBe(true);
    expect(isResidencePossible({ seconds: 10, fraction: 0 }, { seconds: 15, fraction: 0 }, 1e-6)).toBe(false);
    expect(isResidencePossible({ seconds: 10, fraction: 0 }, { seconds: 9, fraction: 0 }, 1e-6)).toBe(false);
  });
});
