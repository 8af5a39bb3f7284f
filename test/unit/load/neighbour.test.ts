import { describe, expect, it } from 'vitest';
import { internetChecksum } from '../../../src/load/frame.ts';
import { askNeighbour, readNeighbour, tellNeighbour } from '../../../src/load/neighbour.ts';
import { parseAddress } from '../../../src/load/network.ts';

const address = (text: string): Uint8Array => parseAddress(text) as Uint8Array;
const OURS = Uint8Array.of(2, 0, 0, 0, 0, 1);
const THEIRS = Uint8Array.of(2, 0, 0, 0, 0, 2);

describe.each([
  ['ARP', '10.0.0.2', '10.0.0.1'],
  ['neighbour discovery', 'fd00::2', 'fd00::1'],
])('%s', (_, subject, asker) => {
  const question = askNeighbour(address(subject), OURS, address(asker));

  it('asks for an address and is understood', () => {
    expect(readNeighbour(question)).toEqual({
      kind: 'asks',
      subject: address(subject),
      mac: OURS,
      asker: address(asker),
    });
  });

  it('tells the one who asked', () => {
    const read = readNeighbour(question);
    if (read === null) throw new Error('not understood');
    const answer = tellNeighbour(read, THEIRS);
    expect([...answer.subarray(0, 6)]).toEqual([...OURS]);
    expect(readNeighbour(answer)).toMatchObject({ kind: 'tells', subject: address(subject), mac: THEIRS });
  });

  it('is not seen in frames that are cut short', () => {
    for (let length = 0; length < question.length; length++) {
      const read = readNeighbour(question.slice(0, length));
      if (read !== null) expect(read.subject).toEqual(address(subject));
    }
  });
});

describe('neighbour discovery', () => {
  it('goes to the solicited-node group with a right checksum and a hop limit of 255', () => {
    const frame = askNeighbour(address('fd00::1234:5678'), OURS, address('fd00::1'));
    expect([...frame.subarray(0, 6)]).toEqual([0x33, 0x33, 0xff, 0x34, 0x56, 0x78]);
    expect(frame[21]).toBe(255);
    const pseudo = Uint8Array.from([...frame.subarray(22, 54), 0, 0, 0, 32, 0, 0, 0, 58, ...frame.subarray(54)]);
    expect(internetChecksum(pseudo)).toBe(0);
  });

  it('is ignored when it was routed here, or has an option without length', () => {
    const routed = askNeighbour(address('fd00::2'), OURS, address('fd00::1'));
    routed[21] = 254;
    expect(readNeighbour(routed)).toBeNull();
    const endless = askNeighbour(address('fd00::2'), OURS, address('fd00::1'));
    endless[79] = 0;
    expect(readNeighbour(endless)).toBeNull();
  });
});
