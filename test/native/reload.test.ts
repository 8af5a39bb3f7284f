import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runDirectory } from '../support/directory.ts';
import { type NtpdTs, ntpdTs, PROGRAM, startNtpdTs } from '../support/ntpd-ts.ts';
import { Child, eventually, type Finished, run } from '../support/run.ts';

const running: NtpdTs[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ child }) => child.stop()));
  for (const socket of sockets.splice(0)) socket.close();
});

async function serve(config: string): Promise<NtpdTs> {
  const daemon = await startNtpdTs(null, { config, args: ['--workers', '1'] });
  running.push(daemon);
  return daemon;
}

/** A port of loopback that somebody else holds. */
async function busyPort(): Promise<number> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

function verb({ directory }: NtpdTs, ...args: string[]): Promise<Finished> {
  return ntpdTs(null, [...args, '--socket', join(directory, 'control.sock')]);
}

function rewrite({ directory }: NtpdTs, config: string): void {
  writeFileSync(join(directory, 'ntp.toml'), config.replaceAll('@DIR@', directory));
}

const CONTROL = `
  [observability]
  observation-path = "@DIR@/control.sock"
`;

function listener(port: number): string {
  return `[[server]]\nlisten = "127.0.0.1:${port}"\n`;
}

describe('a reload that fails', () => {
  it('leaves a daemon that serves nobody keeping its clock', async () => {
    const client = `${CONTROL}
      [[source]]
      mode = "server"
      address = "127.0.0.1:11784"
      [synchronization]
      clock = "software"
      minimum-agreeing-sources = 1
    `;
    const daemon = await serve(client);
    const port = await busyPort();
    rewrite(daemon, client + listener(port));
    const refused = await verb(daemon, 'reload');
    expect([refused.status, refused.stderr]).toEqual([69, expect.stringContaining(`127.0.0.1:${port}`)]);
    expect(JSON.parse((await verb(daemon, 'status', '--json')).stdout).server).toMatchObject({
      listeners: [],
      workers: 0,
    });
    rewrite(daemon, `${client}${listener(11_785)}\n[workers]\ncpu-affinity = [1000]\n`);
    expect((await verb(daemon, 'reload')).stderr).toContain('[workers] cpu-affinity: core 1000 is refused');
    // Its upstream appears only now: who had stopped would never follow it.
    await serve(`${CONTROL}${listener(11_784)}\n[synchronization]\nlocal-stratum = 10\n`);
    expect(await verb(daemon, 'waitsync', '--timeout', '40')).toMatchObject({ status: 0 });
    rewrite(daemon, client + listener(11_785));
    expect(await verb(daemon, 'reload')).toMatchObject({ status: 0 });
    expect(await ntpdTs(null, ['query', '127.0.0.1:11785'])).toMatchObject({ status: 0 });
    expect(JSON.parse((await verb(daemon, 'status', '--json')).stdout).server).toMatchObject({
      listeners: ['127.0.0.1:11785'],
      workers: 1,
    });
    rewrite(daemon, client);
    expect(await verb(daemon, 'reload')).toMatchObject({ status: 0 });
    expect((await verb(daemon, 'status')).stdout).toContain('listens   nowhere; 1 worker\n');
  });

  it('begins no workers that would lack descriptors', async () => {
    const directory = runDirectory('reload');
    const config = join(directory, 'ntp.toml');
    writeFileSync(config, CONTROL.replaceAll('@DIR@', directory));
    const serving = [process.execPath, PROGRAM, 'serve', '--config', config, '--workers', '20'];
    const child = new Child(['sh', '-c', 'ulimit -n 300; exec "$0" "$@"', ...serving]);
    await child.saw(/"workers":0/);
    rewrite({ child, directory }, CONTROL + listener(11_789));
    const refused = await verb({ child, directory }, 'reload');
    expect([refused.status, refused.stderr]).toEqual([69, expect.stringContaining('too few file descriptors')]);
    expect(await child.stop()).toBe(0);
  });

  it('by SIGHUP says where the file is wrong, and changes nothing', async () => {
    const config = `${CONTROL}${listener(11_786)}\n[synchronization]\nlocal-stratum = 10\n`;
    const daemon = await serve(config);
    rewrite(daemon, `${config}\n[sever]\n`);
    process.kill(daemon.child.pid, 'SIGHUP');
    await daemon.child.saw(/ntp\.toml:\d+:\d+: sever: unknown key; did you mean/);
    const port = await busyPort();
    rewrite(daemon, config + listener(port));
    process.kill(daemon.child.pid, 'SIGHUP');
    await daemon.child.saw(new RegExp(`127\\.0\\.0\\.1:${port}.*another program`));
    expect(await ntpdTs(null, ['query', '127.0.0.1:11786'])).toMatchObject({ status: 0 });
    rewrite(daemon, config + listener(11_787));
    process.kill(daemon.child.pid, 'SIGHUP');
    await daemon.child.saw(/serving on 127\.0\.0\.1:11787/);
    expect(await ntpdTs(null, ['query', '127.0.0.1:11787'])).toMatchObject({ status: 0 });
  });

  it('opens the logs anew all the same, which somebody has renamed', async () => {
    await serve(`${CONTROL}${listener(11_789)}\n[synchronization]\nlocal-stratum = 10\n`);
    const config = `${CONTROL}
      [[source]]
      mode = "server"
      address = "127.0.0.1:11789"
      poll-interval-limits = { min = 0, max = 0 }
      [synchronization]
      clock = "software"
      measurements-log = "@DIR@/measurements"
    `;
    const daemon = await serve(config);
    const file = join(daemon.directory, 'measurements');
    const written = () => (existsSync(file) ? true : undefined);
    await eventually('a first measurement', written);
    renameSync(file, `${file}.1`);
    rewrite(daemon, `${config}\n[sever]\n`);
    process.kill(daemon.child.pid, 'SIGHUP');
    await daemon.child.saw(/the configuration was not changed/);
    await eventually('a measurement in a log of the old name', written);
  });
});

describe('a reload of the key file', () => {
  it('gives its sources their new keys, and refuses one that lacks them', async () => {
    const key = (id: number, secret: string): string => `${id} SHA1 HEX:${secret}\n`;
    const [first, second] = ['01'.repeat(20), '02'.repeat(20)] as const;
    const server = createSocket('udp4');
    sockets.push(server);
    let last = Buffer.alloc(0);
    server.on('message', (request) => {
      last = request;
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const asksBy = (secret: string): boolean => {
      const digest = createHash('sha1').update(Buffer.from(secret, 'hex')).update(last.subarray(0, 48)).digest();
      return last.length === 72 && digest.equals(last.subarray(52));
    };
    const folder = runDirectory('reload');
    const keys = join(folder, 'keys');
    writeFileSync(keys, key(1, first), { mode: 0o600 });
    const daemon = await serve(`${CONTROL}
      [keys]
      file = "${keys}"
      [[source]]
      mode = "server"
      address = "127.0.0.1:${server.address().port}"
      key = 1
      poll-interval-limits = { min = 0, max = 1 }
      [synchronization]
      clock = "software"
    `);
    await eventually('asked by the first key', () => asksBy(first) || undefined);
    writeFileSync(keys, key(1, second));
    expect(await verb(daemon, 'reload')).toMatchObject({ status: 0, stdout: 'the key file was read again\n' });
    await eventually('asked by the second key', () => asksBy(second) || undefined);
    writeFileSync(keys, key(2, first));
    const refused = await verb(daemon, 'reload');
    expect([refused.status, refused.stderr]).toEqual([78, expect.stringMatching(/is to use key 1, which is not in/)]);
  });
});

describe('the thread that reads', () => {
  it('may be ended at any moment of its first reading', async () => {
    const reader = new URL('../../dist/daemon/background-reader.js', import.meta.url);
    const program = `
      const { BackgroundReader } = await import('${reader}');
      const ends = [];
      for (let i = 0; i < 48; i += 4) {
        const readers = [0, 1, 2, 3].map(() => new BackgroundReader({}));
        for (const reader of readers) reader.start();
        await new Promise((resolve) => setTimeout(resolve, 250));
        for (const [k, reader] of readers.entries()) {
          ends.push(reader.read().catch((error) => error));
          await new Promise((resolve) => setTimeout(resolve, (i + k) / 2));
          await reader.close();
        }
      }
      console.log('all', (await Promise.all(ends)).length);`;
    const done = await run([process.execPath, '--input-type=module', '-e', program]);
    expect([done.status, done.stdout], done.stderr).toEqual([0, 'all 48\n']);
  });
});
