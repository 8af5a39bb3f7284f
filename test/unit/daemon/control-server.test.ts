import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../../src/control/client.ts';
import { ControlServer, type ControlTarget } from '../../../src/daemon/control-server.ts';
import type { DaemonStatus } from '../../../src/daemon/status.ts';
import { OperatorError } from '../../../src/errors.ts';
import { runDirectory } from '../../support/directory.ts';

const servers: ControlServer[] = [];

function socketPath(): string {
  return join(runDirectory('control'), 'deep', 'control.sock');
}

async function start(path: string, target: Partial<ControlTarget> = {}, mode = 0o600): Promise<ControlServer> {
  const server = new ControlServer(path, {
    status: () => ({ pid: 42 }) as DaemonStatus,
    clients: () => ({ addresses: [], prefixes: [] }),
    forceSync: () => 'stepped',
    setOnline: () => 1,
    refreshSources: () => 0,
    reload: async () => [],
    fault: () => {},
    ...target,
  });
  await server.start(mode);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('the control socket', () => {
  it('answers, with the permissions it was given, and is gone afterwards', async () => {
    const path = socketPath();
    const server = await start(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const client = new ControlClient({ socket: path });
    expect(await client.status()).toEqual({ pid: 42 });
    expect(await client.call('GET', '/clients?limit=7')).toEqual({ addresses: [], prefixes: [] });
    await expect(client.call('GET', '/clients?limit=x')).rejects.toThrow();
    expect(await client.call('POST', '/force-sync')).toEqual({ done: 'stepped' });
    await server.stop();
    expect(existsSync(path)).toBe(false);
    await expect(client.status()).rejects.toMatchObject({ code: 'daemon-not-running' });
  });

  it('removes no file that is not a socket', async () => {
    const path = socketPath();
    mkdirSync(dirname(path));
    writeFileSync(path, 'precious');
    await expect(start(path)).rejects.toThrow(/no socket/);
    expect(readFileSync(path, 'utf8')).toBe('precious');
    symlinkSync(path, `${path}.link`);
    await expect(start(`${path}.link`)).rejects.toThrow(/no socket/);
    expect(existsSync(`${path}.link`)).toBe(true);
  });

  it('listens nowhere where its path is too long, or may not be opened to others', async () => {
    const folder = runDirectory('control');
    const room = 107 - Buffer.byteLength(folder) - 1;
    await expect(start(join(folder, 'a'.repeat(room + 1)))).rejects.toThrow(/at most 107 octets/);
    expect(readdirSync(folder)).toEqual([]);
    const longest = join(folder, 'a'.repeat(room));
    await start(longest);
    expect(await new ControlClient({ socket: longest }).status()).toEqual({ pid: 42 });
    const refused = join(folder, 'refused');
    await expect(start(refused, {}, Number.NaN)).rejects.toThrow();
    await expect(new ControlClient({ socket: refused }).status()).rejects.toMatchObject({ code: 'daemon-not-running' });
  });

  it("tells a fault of the program from a refusal, and has it noted on the daemon's side", async () => {
    const path = socketPath();
    const faults: unknown[] = [];
    const broken = new TypeError('broken');
    await start(path, { reload: () => Promise.reject(broken), fault: (error) => faults.push(error) });
    const client = new ControlClient({ socket: path });
    await expect(client.call('POST', '/reload')).rejects.toMatchObject({
      code: 'internal',
      message: 'the daemon met a fault of its own (see its log): broken',
    });
    expect(faults).toEqual([broken]);
    await expect(client.call('POST', '/sources', {})).rejects.toMatchObject({ code: 'control-refused' });
    await expect(client.call('GET', '/nothing')).rejects.toMatchObject({ code: 'control-refused' });
    expect(faults).toHaveLength(1);
  });

  it('hands on what the daemon refuses, with its code', async () => {
    const path = socketPath();
    await start(path, {
      forceSync: () => {
        throw new OperatorError('control-refused', 'no source is configured');
      },
    });
    await expect(new ControlClient({ socket: path }).call('POST', '/force-sync')).rejects.toMatchObject({
      code: 'control-refused',
      message: 'the daemon refused: no source is configured',
    });
  });

  it('switches sources and refuses what makes no sense', async () => {
    const path = socketPath();
    const asked: unknown[] = [];
    await start(path, {
      setOnline: (online, source) => {
        asked.push([online, source]);
        return 2;
      },
      refreshSources: (source) => {
        asked.push(['refresh', source]);
        return 1;
      },
    });
    const client = new ControlClient({ socket: path });
    expect(await client.call('POST', '/sources', { action: 'offline', source: 'a.example' })).toEqual({ changed: 2 });
    expect(await client.call('POST', '/sources', { action: 'online' })).toEqual({ changed: 2 });
    expect(await client.call('POST', '/sources', { action: 'refresh' })).toEqual({ changed: 1 });
    await client.call('POST', '/sources', { action: 'refresh', source: 'a.example' });
    const refreshes = [null, 'a.example'].map((source) => ['refresh', source]);
    expect(asked).toEqual([[false, 'a.example'], [true, null], ...refreshes]);
    for (const wrong of [{ action: 'explode' }, {}, { action: 'online', source: 7 }]) {
      await expect(client.call('POST', '/sources', wrong)).rejects.toMatchObject({ code: 'control-refused' });
    }
    await expect(client.call('GET', '/elsewhere')).rejects.toMatchObject({ code: 'control-refused' });
  });

  it('takes over the file of a dead daemon, but not that of a living one', async () => {
    const path = join(runDirectory('control'), 'control.sock');
    const script = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    expect(spawnSync(process.execPath, ['-e', script, path]).signal).toBe('SIGKILL');
    expect(existsSync(path)).toBe(true);
    await start(path);
    await expect(start(path)).rejects.toThrow('another daemon answers there');
    expect(await new ControlClient({ socket: path }).status()).toEqual({ pid: 42 });
  });
});
