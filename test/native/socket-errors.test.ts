import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import { LoopbackClient, LoopbackServer, localTime } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';
import { describeWith } from '../support/requirement.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/**
 * Connects an open socket: an ICMP error is then brought to it, as other errors may be to any socket. Nothing may be
 * awaited from then on, or Node reads from it.
 */
function connect(fd: number, port: number): void {
  const socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) });
  open.push(socket);
  socket.bind({ fd });
  socket.connect(port, '127.0.0.1');
}

test('an error of a socket that brings no packet is fetched once, and then waits are waits again', async () => {
  const serving = new LoopbackServer();
  open.push(serving);
  serving.publisher.publish(localTime());
  const asking = await LoopbackClient.open();
  await asking.send(request(), serving.ports[0] as number);
  connect(serving.descriptors[0] as number, asking.port);
  asking.close();
  expect(serving.turn()).toBe(1);
  expect(serving.counters()).toMatchObject({ answered: 1, receiveErrors: 0 });
  for (let turn = 0; turn < 3; turn++) expect(serving.turn()).toBe(0);
  expect(serving.counters().receiveErrors).toBe(1);
  const startMs = performance.now();
  expect(serving.path.exchange(0)).toBe(0);
  expect(performance.now() - startMs).toBeGreaterThan(400);
});

await describeWith({ commands: ['perl'] }, 'control messages that are more than there is room for', () => {
  test('are counted, and the stamp, which comes first, is used all the same', async () => {
    const serving = new LoopbackServer([{ address: '0.0.0.0' }]);
    open.push(serving);
    const asking = await LoopbackClient.open();
    open.push(asking);
    serving.publisher.publish(localTime());
    const ask = async (): Promise<void> => {
      await asking.send(request(), serving.ports[0] as number);
      expect(serving.turn()).toBe(1);
    };
    // The kernel switches its stamps on a little after the first socket asks for them.
    let unstamped = -1;
    while (serving.counters().unstamped !== unstamped) {
      ({ unstamped } = serving.counters());
      await ask();
    }
    const { answered } = serving.counters();
    wishForEverything(serving.descriptors[0] as number);
    await ask();
    await asking.expect(answered + 1);
    expect(serving.counters()).toMatchObject({ answered: answered + 1, receiveErrors: 1, unstamped });
  });
});

/** Has an IPv4 socket tell with each packet what we have no use for: mark, TTL, TOS, checksum and first address. */
function wishForEverything(fd: number): void {
  const [SOL_SOCKET, SO_RCVMARK, IPPROTO_IP] = [1, 75, 0];
  const [IP_RECVTTL, IP_RECVTOS, IP_RECVORIGDSTADDR, IP_CHECKSUM] = [12, 13, 20, 23];
  const wishes = [IP_RECVTTL, IP_RECVTOS, IP_CHECKSUM, IP_RECVORIGDSTADDR].map((option) => [IPPROTO_IP, option]);
  const options = [[SOL_SOCKET, SO_RCVMARK], ...wishes].map(([level, option]) => `[${level},${option}]`).join(',');
  const program = `open(S, "+<&=3") or die; setsockopt(S, $$_[0], $$_[1], pack("i", 1)) for ${options};`;
  const done = spawnSync('perl', ['-e', program], { stdio: ['ignore', 'inherit', 'inherit', fd] });
  expect(done.status).toBe(0);
}
