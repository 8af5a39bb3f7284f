import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serviceNotify } from '../../../src/native/service-notify.ts';

/** Prints the one datagram that a Unix socket receives; "@name" is abstract. */
const RECEIVER = `
import socket, sys
path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.settimeout(10)
receiver.bind("\\0" + path[1:] if path[0] == "@" else path)
print("bound", flush=True)
print(receiver.recv(4096).decode(), flush=True)
`;

import { runDirectory } from '../../support/directory.ts';

async function receivedAt(path: string, text: string): Promise<string> {
  const child = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  const closed = new Promise((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('bound')) resolve();
    });
  });
  expect(serviceNotify(path, text)).toBe(0);
  await closed;
  return output.replace('bound\n', '').trimEnd();
}

describe('notifying the service manager', () => {
  it('reaches a socket in the file system', async () => {
    const path = join(runDirectory('notify'), 'socket');
    expect(await receivedAt(path, 'READY=1\nSTATUS=serving')).toBe('READY=1\nSTATUS=serving');
  });

  it('reaches an abstract socket', async () => {
    expect(await receivedAt(`@ntpd-ts-test-${process.pid}`, 'WATCHDOG=1')).toBe('WATCHDOG=1');
  });

  it('says why it cannot', () => {
    expect(serviceNotify('/nonexistent/socket', 'READY=1')).toBe(-constants.errno.ENOENT);
    expect(serviceNotify('', 'READY=1')).toBe(-constants.errno.EINVAL);
    expect(serviceNotify(`/${'x'.repeat(200)}`, 'READY=1')).toBe(-constants.errno.EINVAL);
  });
});
