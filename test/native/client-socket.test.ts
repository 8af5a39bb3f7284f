import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientSockets, type ClientStamp } from '../../src/native/client-socket.ts';
import { LocalTimescale } from '../../src/native/local-timescale.ts';
import { describeWith } from '../support/requirement.ts';

/** Prints the port it listens at, then the code point of the first datagram; Node does not tell it. */
const SAY_CODE_POINT = `
import socket, sys
v6 = ':' in sys.argv[1]
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(*((socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS) if v6 else (socket.IPPROTO_IP, socket.IP_RECVTOS)), 1)
s.bind((sys.argv[1], 0))
print(s.getsockname()[1], flush=True)
print(s.recvmsg(64, 64)[1][0][2][0] >> 2, flush=True)
`;

const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** A server on loopback that sends every datagram back; resolves with its port. */
function echo(family: 4 | 6): Promise<number> {
  const socket: Socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  open.push(socket);
  socket.on('message', (message, { port, address }) => socket.send(message, port, address));
  return new Promise((resolve) => {
    socket.bind(0, family === 4 ? '127.0.0.1' : '::1', () => resolve(socket.address().port));
  });
}

function sockets(): { all: ClientSockets; timescale: LocalTimescale } {
  const timescale = new LocalTimescale();
  const all = new ClientSockets(timescale);
  open.push({ close: () => all.dispose() });
  return { all, timescale };
}

interface Exchange {
  readonly sent: ClientStamp;
  readonly transmitted: ClientStamp | null;
  readonly received: ClientStamp;
  readonly text: string;
}

async function exchange(all: ClientSockets, address: string, port: number): Promise<Exchange> {
  let transmitted: ClientStamp | null = null;
  const answer = await new Promise<{ text: string; received: ClientStamp; sent: ClientStamp }>((resolve, reject) => {
    const socket = all.open(
      { address, port },
      {
        onTransmitStamp: (stamp) => {
          transmitted = stamp;
        },
        onDatagram: (octets, received) => {
          const text = Buffer.from(octets).toString();
          socket.close();
          resolve({ text, received, sent });
        },
        onError: reject,
      },
    );
    const sent = socket.send(Buffer.from('hello'));
  });
  return { ...answer, transmitted };
}

describe('client sockets', () => {
  it('have a fresh port each, and hear nobody but their server', async () => {
    const ports: number[] = [];
    const server = createSocket('udp4');
    open.push(server);
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const { all } = sockets();
    let strange = 0;
    const heard = new Promise<void>((resolve) => {
      server.on('message', (_message, { port }) => {
        ports.push(port);
        const stranger = createSocket('udp4');
        stranger.send('not from your server', port, '127.0.0.1', () => stranger.close());
        if (ports.length === 20) resolve();
      });
    });
    for (let i = 0; i < 20; i++) {
      const events = { onTransmitStamp: () => {}, onDatagram: () => strange++, onError: () => {} };
      all.open({ address: '127.0.0.1', port: server.address().port }, events).send(Buffer.from('x'));
    }
    await heard;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(new Set(ports).size).toBe(20);
    expect(strange).toBe(0);
  });

  it('ask from the address and through the interface that they are told', async () => {
    const server = createSocket('udp4');
    open.push(server);
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const asked = new Promise<string>((resolve) => server.once('message', (_message, { address }) => resolve(address)));
    const { all } = sockets();
    const events = { onTransmitStamp: () => {}, onDatagram: () => {}, onError: () => {} };
    const target = { address: '127.0.0.1', port: server.address().port, bindAddress: '127.0.0.5', interface: 'lo' };
    all.open(target, events).send(Buffer.from('x'));
    expect(await asked).toBe('127.0.0.5');
  });

  it('tell that nobody listens', async () => {
    const free = createSocket('udp4');
    const port = await new Promise<number>((resolve) => free.bind(0, '127.0.0.1', () => resolve(free.address().port)));
    await new Promise<void>((resolve) => free.close(() => resolve()));
    const { all } = sockets();
    await expect(exchange(all, '127.0.0.1', port)).rejects.toBe('ECONNREFUSED');
  });

  it('say why they cannot be opened', () => {
    const { all } = sockets();
    const events = { onTransmitStamp: () => {}, onDatagram: () => {}, onError: () => {} };
    const refused = (target: object): unknown => {
      try {
        return all.open({ address: '127.0.0.1', port: 123, ...target }, events);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    expect(refused({ interface: 'no-such-device' })).toBe('ENODEV');
    expect(refused({ bindAddress: '192.0.2.77' })).toBe('EADDRNOTAVAIL');
    expect(() => all.open({ address: 'localhost', port: 123 }, events)).toThrow(TypeError);
    expect(() => all.open({ address: '127.0.0.1', port: 0 }, events)).toThrow(TypeError);
  });

  it('leave no descriptor behind, however they end', async () => {
    const port = await echo(4);
    const count = (): number => readdirSync('/proc/self/fd').length;
    const round = async (): Promise<void> => {
      const all = new ClientSockets(new LocalTimescale());
      const events = { onTransmitStamp: () => {}, onDatagram: () => {}, onError: () => {} };
      for (let i = 0; i < 10; i++) all.open({ address: '127.0.0.1', port }, events).send(Buffer.from('x'));
      all.open({ address: '127.0.0.1', port }, events).close();
      all.dispose();
      all.dispose();
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await round();
    globalThis.gc?.();
    const before = count();
    for (let i = 0; i < 20; i++) await round();
    // What is kept until the objects are collected: an epoll descriptor and a socket each.
    expect(count() - before).toBeLessThanOrEqual(2 * 20);
  });

  it('may be cut off with their thread', async () => {
    const port = await echo(4);
    const code = `
      import { workerData, parentPort } from 'node:worker_threads';
      const { ClientSockets } = await import(workerData.root + 'dist/native/client-socket.js');
      const { LocalTimescale } = await import(workerData.root + 'dist/native/local-timescale.js');
      const all = new ClientSockets(new LocalTimescale());
      const events = { onTransmitStamp() {}, onDatagram() {}, onError() {} };
      const socket = all.open({ address: '127.0.0.1', port: workerData.port }, events);
      setInterval(() => socket.send(Buffer.from('x')), 1);
      parentPort.postMessage('ready');`;
    for (let i = 0; i < 5; i++) {
      const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
      const worker = new Worker(url, { workerData: { root: new URL('../../', import.meta.url).href, port } });
      await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      await worker.terminate();
    }
  });
});

for (const family of [4, 6] as const) {
  await describeWith({ ipv6: family === 6 }, `client sockets over IPv${family}`, () => {
    it('stamp both ways, in the order of things', async () => {
      const port = await echo(family);
      const { all, timescale } = sockets();
      await new Promise((resolve) => setTimeout(resolve, 50)); // stamping of received packets is switched on
      const { sent, transmitted, received, text } = await exchange(all, family === 4 ? '127.0.0.1' : '::1', port);
      const now = timescale.sample();
      expect(text).toBe('hello');
      expect(sent.source).toBe('daemon');
      expect(transmitted).toMatchObject({ source: 'kernel' });
      expect(received.source).toBe('kernel');
      const times = [sent.local, (transmitted as ClientStamp | null)?.local ?? Number.NaN, received.local, now];
      for (let i = 1; i < times.length; i++) expect(times[i]).toBeGreaterThan((times[i - 1] as number) - 1e-6);
      expect(Math.abs(received.realSeconds + received.realNs / 1e9 - Date.now() / 1000)).toBeLessThan(5);
    });
  });
}

for (const address of ['127.0.0.1', '::1']) {
  const needs = { commands: ['python3'], ipv6: address === '::1' };
  await describeWith(needs, `client sockets that ask ${address}`, () => {
    it('mark requests with their code point', async () => {
      const server = spawn('python3', ['-c', SAY_CODE_POINT, address]);
      open.push({ close: () => server.kill() });
      const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
      const port = Number((await lines.next()).value);
      const { all } = sockets();
      const events = { onTransmitStamp: () => {}, onDatagram: () => {}, onError: () => {} };
      all.open({ address, port, dscp: 46 }, events).send(Buffer.from('x'));
      expect((await lines.next()).value).toBe('46');
    });
  });
}
