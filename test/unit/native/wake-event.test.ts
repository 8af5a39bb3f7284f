import { readSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closeSocket } from '../../../src/native/packet-socket.ts';
import { openWakeEvent, signalWakeEvent } from '../../../src/native/wake-event.ts';

test('a signal can be read once, however often it was given, and nothing waits for it', () => {
  const fd = openWakeEvent();
  const count = (): bigint => {
    const octets = Buffer.alloc(8);
    readSync(fd, octets);
    return octets.readBigUInt64LE();
  };
  expect(count).toThrowError(expect.objectContaining({ code: 'EAGAIN' }));
  for (let i = 0; i < 3; i++) signalWakeEvent(fd);
  expect(count()).toBe(3n);
  expect(count).toThrowError(expect.objectContaining({ code: 'EAGAIN' }));
  closeSocket(fd);
});
