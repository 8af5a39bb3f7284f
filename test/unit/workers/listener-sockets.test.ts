import { readdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import {
  closeListener,
  type ListenerSockets,
  type ListenerSpec,
  openListener,
  RECEIVE_BUFFER_OCTETS,
} from '../../../src/workers/listener-sockets.ts';

const open: ListenerSockets[] = [];
afterEach(() => {
  for (const sockets of open.splice(0)) closeListener(sockets);
});

function listen(spec: Partial<ListenerSpec> = {}, workers = 3, isPortOurs = false): ListenerSockets {
  const sockets = openListener({ address: '127.0.0.1', port: 0, ...spec }, 4, workers, isPortOurs);
  open.push(sockets);
  return sockets;
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

test('every worker has a socket to receive by and one to reply by, all of one port and in the order of their indices', () => {
  const { port, perWorker, receiveBufferOctets } = listen();
  expect(port).toBeGreaterThan(0);
  expect(perWorker.map((socket) => [socket.listener, socket.port, socket.wildcard])).toEqual(
    Array.from({ length: 3 }, () => [4, port, false]),
  );
  const fds = perWorker.flatMap(({ fd, transmitFd }) => [fd, transmitFd]);
  expect(new Set(fds).size).toBe(6);
  expect(perWorker.map(({ fd }) => fd)).toEqual(perWorker.map(({ fd }) => fd).toSorted((a, b) => a - b));
  expect(receiveBufferOctets).toBeGreaterThan(0);
  expect(receiveBufferOctets).toBeLessThanOrEqual(2 * RECEIVE_BUFFER_OCTETS);
});

test('a wildcard is known as one, over IPv4 and IPv6', () => {
  for (const address of ['0.0.0.0', '::']) {
    expect(listen({ address }).perWorker.every(({ wildcard }) => wildcard)).toBe(true);
  }
});

test('a port that somebody shares already is busy, unless that is us', () => {
  const { port } = listen();
  const before = descriptors();
  expect(() => listen({ port })).toThrowError(expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }));
  expect(descriptors()).toBe(before);
  expect(listen({ port }, 2, true).port).toBe(port);
});

test('a listener that cannot be opened leaves nothing open', () => {
  const before = descriptors();
  for (const spec of [{ address: '192.0.2.77' }, { interface: 'nowhere0' }]) expect(() => listen(spec)).toThrow();
  expect(descriptors()).toBe(before);
});

test('closing gives every descriptor back', () => {
  const before = descriptors();
  closeListener(openListener({ address: '127.0.0.1', port: 0, freebind: true }, 0, 5));
  expect(descriptors()).toBe(before);
});
