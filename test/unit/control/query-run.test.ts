import { createSocket, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { type QueryOptions, type QueryResult, query } from '../../../src/control/query-run.ts';
import { ClientSockets } from '../../../src/native/client-socket.ts';
import { LocalTimescale } from '../../../src/native/local-timescale.ts';

const OPTIONS: QueryOptions = {
  samples: 2,
  intervalSeconds: 0.001,
  timeoutSeconds: 0.3,
  version: 4,
  precisionLog2: -25,
};
const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** A server that answers each request with what `answer` makes of a proper reply; null is silence. */
async function server(answer: (reply: Buffer, count: number) => Buffer | null): Promise<number> {
  const socket: Socket = createSocket('udp4');
  open.push(socket);
  let count = 0;
  socket.on('message', (request, { port, address }) => {
    const reply = Buffer.alloc(48);
    reply[0] = 0x24;
    reply[1] = 2;
    reply[3] = 0xe8;
    request.copy(reply, 24, 40, 48);
    const now = Math.floor(Date.now() / 1000) + 2_208_988_800;
    reply.writeUInt32BE(now, 32);
    reply.writeUInt32BE(now, 40);
    const answered = answer(reply, ++count);
    if (answered !== null) socket.send(answered, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket.address().port;
}

function ask(port: number, change: Partial<QueryOptions> = {}): Promise<QueryResult> {
  const sockets = new ClientSockets(new LocalTimescale());
  open.push({ close: () => sockets.dispose() });
  const target = { name: 'test', target: { address: '127.0.0.1', port } };
  return query(sockets, target, { ...OPTIONS, ...change });
}

describe('asking a server', () => {
  it('collects every sample', async () => {
    const result = await ask(await server((reply) => reply));
    expect(result).toMatchObject({ sent: 2, kiss: null, error: null });
    expect(result.samples).toHaveLength(2);
    expect(Math.abs(result.samples[0]?.offsetSeconds ?? 9)).toBeLessThan(2);
    expect(result.samples[0]).toMatchObject({ transmitStamp: 'kernel', reply: { stratum: 2 } });
  });

  it('stops at a kiss', async () => {
    const port = await server((reply, count) => {
      if (count === 1) return reply;
      reply[1] = 0;
      reply.write('RATE', 12);
      return reply;
    });
    expect(await ask(port, { samples: 5 })).toMatchObject({ sent: 2, kiss: 'RATE', samples: [{}] });
  });

  it('takes stratum 0 without a known kiss for a server that is not synchronised', async () => {
    const port = await server((reply) => {
      reply[0] = 0xe4;
      reply[1] = 0;
      return reply;
    });
    expect((await ask(port)).samples[0]?.reply).toMatchObject({ leap: 3, stratum: 0 });
  });

  it('ignores what answers something else, and waits no longer than it is told', async () => {
    const wrong = await server((reply) => {
      reply[24] = (reply[24] as number) ^ 1;
      return reply;
    });
    expect(await ask(wrong)).toMatchObject({ sent: 2, samples: [], error: null });
    expect(await ask(await server((reply) => reply.subarray(0, 40)))).toMatchObject({ samples: [] });
    expect(await ask(await server(() => null))).toMatchObject({ samples: [] });
  });

  it('names what the network says', async () => {
    const socket = createSocket('udp4');
    const port = await new Promise<number>((resolve) =>
      socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)),
    );
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    expect(await ask(port)).toMatchObject({ samples: [], error: 'ECONNREFUSED' });
  });
});
