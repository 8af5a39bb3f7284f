import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { Coordinator } from '../../../src/core/coordinator.ts';
import type { RequestOutput } from '../../../src/core/coordinator-output.ts';
import { Exchanges } from '../../../src/daemon/exchanges.ts';
import { ClientSockets } from '../../../src/native/client-socket.ts';
import { LocalTimescale } from '../../../src/native/local-timescale.ts';

const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

interface Seen {
  readonly sent: [token: number, stamp: string][];
  readonly failed: [token: number, code: string][];
  readonly received: [token: number, text: string, address: string, port: number][];
  readonly refused: [address: string, code: string][];
  /** Ports that the requests came from. */
  readonly ports: number[];
}

/** Exchanges over loopback with a server that echoes, and what the coordinator is told. */
async function start(): Promise<{ exchanges: Exchanges; seen: Seen; port: number; heard(): Promise<void> }> {
  const seen: Seen = { sent: [], failed: [], received: [], refused: [], ports: [] };
  const server: Socket = createSocket('udp4');
  open.push(server);
  server.on('message', (message, { port, address }) => {
    seen.ports.push(port);
    server.send(message, port, address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  const coordinator = {
    requestSent: (_now: number, token: number, _at: number, stamp: string) => seen.sent.push([token, stamp]),
    requestFailed: (_now: number, token: number, code: string) => seen.failed.push([token, code]),
    datagramReceived: (...[, token, octets, length, , , address, port]: Parameters<Coordinator['datagramReceived']>) =>
      seen.received.push([token, Buffer.from(octets.subarray(0, length)).toString(), address, port]),
  } as unknown as Coordinator;
  const timescale = new LocalTimescale();
  const sockets = new ClientSockets(timescale);
  open.push({ close: () => sockets.dispose() });
  let wake = (): void => {};
  const exchanges = new Exchanges(
    sockets,
    timescale,
    coordinator,
    () => wake(),
    (address, code) => seen.refused.push([address, code]),
  );
  const heard = (): Promise<void> => {
    const count = seen.received.length;
    return new Promise((resolve) => {
      wake = () => {
        if (seen.received.length > count) resolve();
      };
    });
  };
  return { exchanges, seen, port: server.address().port, heard };
}

function request(token: number, port: number, change: Partial<RequestOutput> = {}): RequestOutput {
  return {
    kind: 'request',
    token,
    sourceIndex: 0,
    address: '127.0.0.1',
    port,
    octets: Buffer.from('hello and more'),
    length: 5,
    bindAddress: null,
    bindInterface: null,
    dscp: 0,
    sticky: false,
    associationId: 1,
    ...change,
  };
}

describe('exchanges', () => {
  it('send what they are given and hand on what comes', async () => {
    const { exchanges, seen, port, heard } = await start();
    const answer = heard();
    exchanges.send(request(7, port));
    expect(seen.sent).toEqual([[7, 'daemon']]);
    await answer;
    expect(seen.sent.at(-1)).toEqual([7, 'kernel']);
    expect(seen.received).toEqual([[7, 'hello', '127.0.0.1', port]]);
  });

  it('use a fresh port each time, or one for an association that wants that', async () => {
    const { exchanges, seen, port, heard } = await start();
    for (const [token, sticky] of [
      [1, false],
      [2, false],
      [3, true],
      [4, true],
    ] as const) {
      const answer = heard();
      exchanges.send(request(token, port, { sticky, associationId: sticky ? 9 : token }));
      await answer;
      exchanges.release({ kind: 'release', token, associationId: sticky ? 9 : token, final: false });
    }
    expect(seen.received.map(([token]) => token)).toEqual([1, 2, 3, 4]);
    expect(new Set(seen.ports).size).toBe(3);
    expect(seen.ports[3]).toBe(seen.ports[2]);
    exchanges.release({ kind: 'release', token: 4, associationId: 9, final: true });
    const answer = heard();
    exchanges.send(request(5, port, { sticky: true, associationId: 9 }));
    await answer;
    expect(seen.ports[4]).not.toBe(seen.ports[3]);
  });

  it('tell what cannot be sent', async () => {
    const { exchanges, seen, port } = await start();
    exchanges.send(request(1, port, { bindInterface: 'no-such-device' }));
    exchanges.send(request(2, port, { bindAddress: '192.0.2.77' }));
    expect(seen.failed).toEqual([
      [1, 'ENODEV'],
      [2, 'EADDRNOTAVAIL'],
    ]);
    expect(() => exchanges.send(request(3, 0))).toThrow(TypeError);
  });

  it('tell once why an address cannot be asked, and again when it has answered meanwhile', async () => {
    const { exchanges, seen, port, heard } = await start();
    const refuse = (token: number): void => exchanges.send(request(token, port, { bindInterface: 'no-such-device' }));
    refuse(1);
    refuse(2);
    expect(seen.refused).toEqual([['127.0.0.1', 'ENODEV']]);
    const answer = heard();
    exchanges.send(request(3, port));
    await answer;
    refuse(4);
    expect(seen.refused).toHaveLength(2);
  });

  it('are silent after they were closed', async () => {
    const { exchanges, seen, port } = await start();
    exchanges.send(request(1, port));
    exchanges.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.received).toEqual([]);
  });
});
