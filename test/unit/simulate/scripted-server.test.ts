import { describe, expect, it } from 'vitest';
import { ORG, REC, REFID, ROOT_DISPERSION, STRATUM, XMT } from '../../../src/protocol/header.ts';
import { worldOf } from '../../support/virtual-world.ts';

function exchange(
  server: string,
  asks: { at: number; request?: (view: DataView, last: DataView | undefined) => void }[],
) {
  const { world, servers, listener } = worldOf(`[[node]]\nname = "client"\n[[server]]\nname = "truth"\n${server}`);
  for (const { at, request } of asks) {
    world.at(at, () => {
      const octets = new Uint8Array(48);
      const view = new DataView(octets.buffer);
      view.setUint8(0, 0x23);
      view.setUint32(XMT, 0x1234_5678);
      view.setUint32(XMT + 4, at);
      request?.(view, listener.views().at(-1));
      const [to] = servers;
      if (to !== undefined) world.send(to, { from: listener, fromPort: 4000, toPort: 123, octets });
    });
  }
  world.run(100, () => {});
  const start = world.timescale.startSeconds;
  return { replies: listener.views(), start };
}

describe('ScriptedServer', () => {
  it('tells the truth', () => {
    const { replies, start } = exchange('', [{ at: 10 }]);
    const [reply] = replies;
    expect(reply?.getUint8(0)).toBe(0x24);
    expect(reply?.getUint8(STRATUM)).toBe(1);
    expect(reply?.getUint32(REFID)).toBe(0x4750_5300);
    expect([reply?.getUint32(ORG), reply?.getUint32(ORG + 4)]).toEqual([0x1234_5678, 10]);
    expect(reply?.getUint32(REC)).toBe(start + 10);
    expect(reply?.getUint32(XMT)).toBe(start + 10);
  });

  it('lies by its offset and drift, chapter by chapter', () => {
    const { replies, start } = exchange(
      'offset = 5\ndrift-ppm = 1e5\nchapter = [{ at = 50, drift-ppm = 0, root-dispersion = 0.5 }, { at = 80, offset = -3 }]',
      [{ at: 10 }, { at: 70 }, { at: 90 }],
    );
    expect(replies.map((reply) => reply.getUint32(REC) - start)).toEqual([16, 80, 87]);
    expect(replies.map((reply) => reply.getUint32(ROOT_DISPERSION))).toEqual([0, 0x8000, 0x8000]);
  });

  it('kisses, and keeps silent', () => {
    const { replies } = exchange('chapter = [{ at = 0, kiss = "DENY" }, { at = 50, silent = true }]', [
      { at: 10 },
      { at: 60 },
    ]);
    expect(replies.map((reply) => [reply.getUint8(0), reply.getUint8(STRATUM), reply.getUint32(REFID)])).toEqual([
      [0xe4, 0, 0x4445_4e59],
    ]);
  });

  it('limits the rate and kisses those beyond it', () => {
    const asks = [10, 11, 12, 40].map((at) => ({ at }));
    const { replies } = exchange('rate-limit = { interval = 8, burst = 2 }', asks);
    expect(replies.map((reply) => reply.getUint8(STRATUM))).toEqual([1, 1, 0, 1]);
  });

  it('answers in interleaved mode when it is asked that way', () => {
    const { replies } = exchange('interleaved = true', [
      { at: 10 },
      {
        at: 20,
        request: (view, last) => {
          view.setUint32(ORG, last?.getUint32(REC) as number);
          view.setUint32(ORG + 4, last?.getUint32(REC + 4) as number);
          view.setUint32(REC, 77);
        },
      },
    ]);
    const [first, second] = replies;
    expect(second?.getUint32(ORG)).toBe(77);
    expect([second?.getUint32(XMT), second?.getUint32(XMT + 4)]).toEqual([
      first?.getUint32(XMT),
      first?.getUint32(XMT + 4),
    ]);
  });

  it('spoils what it is told to spoil, and never makes it longer', () => {
    const asks = Array.from({ length: 90 }, (_, at) => ({ at }));
    const { replies } = exchange('chapter = [{ at = 0, spoilt = 1 }]', asks);
    expect(replies.every(({ byteLength }) => byteLength <= 48)).toBe(true);
    expect(new Set(replies.map(({ byteLength }) => byteLength)).size).toBeGreaterThan(3);
  });
});
