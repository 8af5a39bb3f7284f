import { describe, expect, it } from 'vitest';
import type { ServerConfig } from '../../../src/config/schema.ts';
import { listenError, listenerError } from '../../../src/daemon/listen-error.ts';

function refused(code: string): ReturnType<typeof listenError> {
  return listenError('[::]:123', Object.assign(new Error(`bind ${code}`), { code, syscall: 'bind' }));
}

describe('a listener that cannot be opened', () => {
  it.each([
    ['EADDRINUSE', 'listen-busy', 69],
    ['EACCES', 'listen-permission', 77],
    ['EPERM', 'listen-permission', 77],
    ['EADDRNOTAVAIL', 'listen-no-address', 78],
    ['ENODEV', 'listen-no-interface', 78],
    ['EINVAL', 'listen-no-interface', 78],
    ['EAFNOSUPPORT', 'listen-no-address', 78],
    ['EMFILE', 'too-few-descriptors', 69],
    ['EIO', 'listen-failed', 69],
  ])('for %s is %s', (errno, code, exitCode) => {
    const error = refused(errno);
    expect(error).toMatchObject({ code, exitCode });
    expect(error.message).toMatch(/^cannot serve on \[::\]:123: [^\n]+$/);
  });

  it('names the interface where the kernel refuses to bind to that', () => {
    const cause = { code: 'EPERM', syscall: 'setsockopt SO_BINDTODEVICE', message: 'Operation not permitted' };
    const error = listenError('192.0.2.1:123', cause);
    expect(error).toMatchObject({ code: 'listen-permission', exitCode: 77 });
    expect(error.message).toMatch(/interface .*CAP_NET_RAW/);
    expect(error.message).not.toContain('CAP_NET_BIND_SERVICE');
  });

  it('is named when the pool gives its index', () => {
    const servers = [1, 2].map((host) => ({ listen: { address: `192.0.2.${host}`, port: 123, scope: null } }));
    const cause = Object.assign(new Error('bind EADDRINUSE'), { code: 'EADDRINUSE', listener: 1 });
    expect(listenerError(servers as unknown as ServerConfig[], cause).message).toMatch(
      /^cannot serve on 192.0.2.2:123: /,
    );
  });
});
