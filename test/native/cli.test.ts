import { createSocket } from 'node:dgram';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runDirectory } from '../support/directory.ts';
import { type NtpdTs, ntpdTs, PROGRAM, startNtpdTs } from '../support/ntpd-ts.ts';
import { describeWith } from '../support/requirement.ts';
import { Child, run } from '../support/run.ts';

const running: NtpdTs[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ child }) => child.stop()));
});

async function serve(options: Parameters<typeof startNtpdTs>[1]): Promise<NtpdTs> {
  const daemon = await startNtpdTs(null, options);
  running.push(daemon);
  return daemon;
}

/** Port that the first line about a listener names. */
function portOf(daemon: NtpdTs): number {
  return Number(/"listen":"[^"]*:(\d+)"/.exec(daemon.child.stdout)?.[1]);
}

/** Nice values of a process's threads. */
function niceOfThreads(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17]);
  });
}

function file(text: string): string {
  const path = join(runDirectory('cli'), 'ntp.toml');
  writeFileSync(path, text);
  return path;
}

describe('the command line', () => {
  it.each([
    [['serve', '--lisen', 'x'], 64, "unknown option '--lisen'"],
    [['serv'], 64, 'Did you mean serve?'],
    [[], 64, 'Usage: ntpd-ts'],
    [['serve', '--workers', 'many'], 64, 'expected a whole number from 0 to 256'],
    [['serve', '--listen', 'here'], 64, 'expected ADDRESS:PORT'],
    [['query'], 64, "missing required argument 'host[:port]'"],
    [['query', '-n', '99', 'localhost'], 64, 'from 1 to 16'],
    [['check', '/nonexistent'], 78, 'there is no such file'],
    [['serve', '--config', '/nonexistent'], 78, 'there is no such file'],
    [['serve', '--listen', '192.0.2.123:11999'], 78, 'no interface of this machine has the address'],
    [['query', '-t', '0.2', '-n', '1', '127.0.0.1:9'], 69, 'no answer'],
    [['query', 'does-not-exist.invalid'], 69, 'has no address'],
    [['status', '--socket', '/nonexistent.sock'], 69, 'there is no such socket'],
    [['waitsync', '--socket', '/nonexistent.sock', '--timeout', '0.1'], 69, 'there is no such socket'],
  ] as const)('of %j exits with %i and says why', async (args, status, message) => {
    const done = await ntpdTs(null, args);
    expect(done.status, done.stderr).toBe(status);
    expect(done.stdout + done.stderr).toContain(message);
    expect(done.stderr).not.toMatch(/\n {4}at /);
  });

  it('helps with every verb', async () => {
    const help = await ntpdTs(null, ['--help']);
    expect(help.status).toBe(0);
    for (const verb of ['serve', 'query', 'status', 'check', 'load', 'simulate']) {
      expect(help.stdout).toContain(`  ${verb} `);
      expect((await ntpdTs(null, [verb, '--help'])).status).toBe(0);
    }
    expect((await ntpdTs(null, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('checks a file, for people and for programs', async () => {
    const good = await ntpdTs(null, ['check', file('[workers]\ncount = 1\n')]);
    expect([good.status, good.stdout]).toEqual([0, expect.stringMatching(/: ok\n$/)]);
    const bad = file('[worker]\ncount = 1\n');
    const people = await ntpdTs(null, ['check', bad]);
    expect(people.status).toBe(78);
    expect(people.stderr).toBe(`${bad}:1:2: worker: unknown key; did you mean "workers"?\n`);
    const programs = await ntpdTs(null, ['check', '--json', bad]);
    expect(programs.status).toBe(78);
    expect(JSON.parse(programs.stdout).problems[0]).toMatchObject({
      code: 'config-unknown-key',
      line: 1,
      suggestion: 'workers',
    });
  });

  it('checks the files that a configuration names, without a word of the keys', async () => {
    const keys = file('1 SHA1 HEX:0102secret\n');
    chmodSync(keys, 0o600);
    const names = `[keys]\nfile = "${keys}"\n[synchronization]\nleap-file = "/nonexistent"\n`;
    const checked = await ntpdTs(null, ['check', file(names)]);
    expect([checked.status, checked.stdout]).toEqual([78, expect.stringMatching(/: 2 problems\n$/)]);
    expect(checked.stderr).toMatch(
      /ntp\.toml:2:1: keys\.file: .*line 1: key 1 is not an even number of hexadecimal digits\n/,
    );
    expect(checked.stderr).toMatch(
      /ntp\.toml:4:1: synchronization\.leap-file: leap-file \/nonexistent: cannot be read: there is no such file; see/,
    );
    expect(checked.stderr).not.toContain('secret');
    chmodSync(keys, 0o644);
    expect((await ntpdTs(null, ['check', file(names)])).stderr).toContain('chmod 0640');
  });

  it("says that a socket is somebody else's", async () => {
    const socket = join(runDirectory('cli'), 'other.sock');
    const other = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => other.listen(socket, resolve));
    const done = await ntpdTs(null, ['status', '--socket', socket]);
    other.close();
    expect([done.status, done.stderr]).toEqual([69, expect.stringMatching(/^ntpd-ts: what answers at [^\n]+\n$/)]);
  });

  it('says that the port is taken', async () => {
    const daemon = await serve({ args: ['--listen', '127.0.0.1:0', '--workers', '1'] }).catch(() => null);
    expect(daemon).toBeNull(); // port 0 is no port to serve on
    const first = await serve({ args: ['--listen', '127.0.0.1:11771', '--workers', '1'] });
    expect(portOf(first)).toBe(11_771);
    const second = await ntpdTs(null, ['serve', '--listen', '127.0.0.1:11771']);
    expect(second.status).toBe(69);
    expect(second.stderr).toMatch(
      /^ntpd-ts: cannot serve on 127\.0\.0\.1:11771: another program holds this port[^\n]+\n$/,
    );
    // What had begun by then does not keep the process.
    const source = '[[source]]\nmode = "server"\naddress = "127.0.0.1"\n[synchronization]\nclock = "software"\n';
    const third = await ntpdTs(null, ['serve', '--config', file(`[[server]]\nlisten = "127.0.0.1:11771"\n${source}`)]);
    expect([third.status, third.stderr]).toEqual([69, second.stderr]);
  });

  it.each([
    [40, 1],
    [140, 20],
    [200, 200],
  ])('says that %i descriptors are too few for %i workers', async (limit, workers) => {
    const limited = ['sh', '-c', `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, PROGRAM];
    const done = await run([...limited, 'serve', '--listen', '127.0.0.1:11772', '--workers', String(workers)]);
    expect(done.status, done.stderr).toBe(69);
    expect(done.stdout + done.stderr).toMatch(/^ntpd-ts: [^\n]*too few file descriptors[^\n]+\n$/);
  });
});

describe('a running daemon', () => {
  it('serves the local clock on loopback, answers its own client, and ends within a second', async () => {
    const daemon = await serve({ args: ['--listen', '127.0.0.1:11773', '--workers', '2'] });
    const answer = await ntpdTs(null, ['query', '--json', '127.0.0.1:11773']);
    expect(answer.status, answer.stderr).toBe(0);
    const [{ result }] = JSON.parse(answer.stdout);
    expect(result).toMatchObject({ stratum: 10, leap: 0, refid: '127.127.1.1', transmitStamp: 'kernel' });
    expect(Math.abs(result.offsetSeconds)).toBeLessThan(1e-3);
    const before = performance.now();
    daemon.child.process.kill('SIGTERM');
    expect(await daemon.child.exited).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(daemon.child.stdout).toContain('"msg":"stopped"');
  });

  it('ends within a second also when its workers cannot start', async () => {
    const fault = `import { isMainThread } from 'node:worker_threads';
      if (!isMainThread) throw new Error('never starts');`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` };
    const argv = [process.execPath, PROGRAM, 'serve', '--listen', '127.0.0.1:11781', '--workers', '2'];
    const starting = new Child(argv, { env });
    await starting.saw(/never starts/);
    const before = performance.now();
    expect(await starting.stop()).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(starting.stdout).toContain('"msg":"stopped"');
  });

  it('starts many workers without a warning of its runtime', async () => {
    const daemon = await serve({ args: ['--listen', '127.0.0.1:11782', '--workers', '12'] });
    expect(await daemon.child.stop()).toBe(0);
    expect(daemon.child.stderr).toBe('');
  });

  it('comes back at once after it was killed', async () => {
    const args = ['--listen', '127.0.0.1:11774', '--workers', '1'];
    const daemon = await serve({ args });
    daemon.child.process.kill('SIGKILL');
    await daemon.child.exited;
    await serve({ args });
  });

  it('survives a log that cannot be written', async () => {
    const answers = `"$0" "$1" query -n 1 127.0.0.1:11775 > /dev/null 2>&1`;
    const script = `"$0" "$@" > /dev/full & pid=$!; until ${answers}; do :; done; kill -TERM $pid; wait $pid`;
    const args = ['serve', '--listen', '127.0.0.1:11775', '--workers', '1'];
    const done = await run(['sh', '-c', script, process.execPath, PROGRAM, ...args]);
    expect(done.status, done.stderr).toBe(0);
  });

  it('ends at once when an error escapes, whatever the workers are doing', async () => {
    const fault = `import { isMainThread } from 'node:worker_threads';
      if (isMainThread) setTimeout(() => { throw new Error('escaped'); }, 4000);`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` };
    const daemon = await serve({ args: ['--listen', '127.0.0.1:11778', '--workers', '1'], env });
    const flood = createSocket('udp4');
    const request = Buffer.alloc(48);
    request[0] = 0x23;
    const timer = setInterval(() => {
      for (let i = 0; i < 200; i++) flood.send(request, 11_778, '127.0.0.1');
    }, 2);
    await daemon.child.saw(/escaped/);
    // Not the code of a panic: the service manager is to start it again.
    expect(await daemon.child.exited).toBe(2);
    clearInterval(timer);
    flood.close();
  });

  it('does what the control verbs say', async () => {
    const config = `
      [observability]
      observation-path = "@DIR@/control.sock"
      [[server]]
      listen = "127.0.0.1:11779"
      [[source]]
      mode = "server"
      address = "127.0.0.9"
      [[source]]
      mode = "server"
      address = "[::9]:123"
      [synchronization]
      clock = "software"`;
    const daemon = await serve({ config, args: ['--workers', '1'] });
    const verb = (...args: string[]) => ntpdTs(null, [...args, '--socket', join(daemon.directory, 'control.sock')]);
    expect(await verb('reload')).toMatchObject({ status: 0, stdout: 'nothing has changed\n' });
    // What reads the file again gives way to what serves.
    expect(niceOfThreads(daemon.child.pid)).toContain(Math.min(getPriority() + 15, 19));
    expect(await Promise.all(['reload', 'reload', 'reload'].map((word) => verb(word)))).toMatchObject(
      Array(3).fill({ status: 0 }),
    );
    expect(JSON.parse((await verb('sources', 'offline', '--json')).stdout)).toEqual({ action: 'offline', changed: 2 });
    const status = await verb('status');
    expect(status.stdout).toMatch(/127\.0\.0\.9.*offline/);
    expect(await verb('sources', 'online', '127.0.0.9')).toMatchObject({ status: 0 });
    const unknown = await verb('sources', 'online', '127.0.0.8');
    const names = 'no source is configured as "127.0.0.8"; there are 127.0.0.9, ::9\n';
    expect([unknown.status, unknown.stderr]).toEqual([65, `ntpd-ts: the daemon refused: ${names}`]);
    expect((await verb('force-sync')).stdout).toBe('nothing done: no source can be used\n');
    await ntpdTs(null, ['query', '127.0.0.1:11779']);
    expect((await verb('status', 'clients')).stdout).toContain('127.0.0.1');
    expect((await verb('waitsync', '--timeout', '0.2')).status).not.toBe(0);
  });

  it('only looks at the clock when it is told to touch none', async () => {
    const upstream = await serve({ args: ['--listen', '127.0.0.1:11776', '--workers', '1'] });
    const config = `
      [observability]
      observation-path = "@DIR@/control.sock"
      [[server]]
      listen = "127.0.0.1:11777"
      [[source]]
      mode = "server"
      address = "127.0.0.1:11776"
      [synchronization]
      clock = "none"
      minimum-agreeing-sources = 1`;
    const daemon = await serve({ config, args: ['--workers', '1'] });
    const socket = ['--socket', join(daemon.directory, 'control.sock')];
    expect((await ntpdTs(null, ['waitsync', ...socket, '--timeout', '30', '--max-error', '0.1'])).status).toBe(0);
    const status = JSON.parse((await ntpdTs(null, ['status', '--json', ...socket])).stdout);
    expect(status.synchronization.clock.state).toBe('synchronised');
    expect(status.synchronization.clock.steps).toBe(0);
    expect(status.served.stratum).toBe(11);
    await upstream.child.stop();
    expect(await daemon.child.stop()).toBe(0);
  });
});

await describeWith({ root: true, commands: ['unshare'] }, 'as root', () => {
  it('says that there is no place for a control socket', async () => {
    const homeless = ['env', '-u', 'XDG_RUNTIME_DIR', '-u', 'RUNTIME_DIRECTORY', 'unshare', '--user'];
    const serving = [process.execPath, PROGRAM, 'serve', '--listen', '127.0.0.1:11788', '--workers', '1'];
    const child = new Child([...homeless, ...serving]);
    await child.saw(/no control socket: [^"]+ set observation-path/);
    expect(await child.stop()).toBe(0);
  });

  it('is tried out also where loopback is not up yet', async () => {
    const child = new Child(['unshare', '--net', process.execPath, PROGRAM, 'serve']);
    await child.saw(/try it: ntpd-ts query/);
    expect(await child.stop()).toBe(0);
  });

  it('says which privilege is missing', async () => {
    // Root without its rights, not somebody else, who may not be let into the folder that this lies in.
    const plain = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
    const low = await run([...plain, process.execPath, PROGRAM, 'serve', '--listen', '127.0.0.1:123']);
    expect(low.status, low.stderr).toBe(77);
    expect(low.stderr).toContain('CAP_NET_BIND_SERVICE');
    const clock = file('[[source]]\nmode = "server"\naddress = "127.0.0.1"\n');
    const refused = await run([
      'setpriv',
      '--bounding-set=-sys_time',
      '--inh-caps=-sys_time',
      process.execPath,
      PROGRAM,
      'serve',
      '--config',
      clock,
    ]);
    expect(refused.status, refused.stderr).toBe(77);
    expect(refused.stderr).toContain('CAP_SYS_TIME');
  });

  it('says which wish of the workers is refused, once, and does not start', async () => {
    const wish = (text: string): string => file(`[[server]]\nlisten = "127.0.0.1:11780"\n[workers]\n${text}\n`);
    const plain = ['setpriv', '--bounding-set=-sys_nice,-ipc_lock,-sys_resource', '--inh-caps=-all'];
    for (const [text, status, message] of [
      ['cpu-affinity = [0, 1000]', 78, 'cpu-affinity: core 1000 is refused'],
      ['priority = 50', 77, 'CAP_SYS_NICE'],
      ['lock-memory = true', 77, 'CAP_IPC_LOCK'],
    ] as const) {
      const config = wish(text);
      const limited = ['sh', '-c', 'ulimit -r 0; ulimit -l 64; exec "$0" "$@"', ...plain];
      const done = await run([...limited, process.execPath, PROGRAM, 'serve', '--config', config]);
      expect(done.status, done.stderr).toBe(status);
      expect(done.stderr).toContain(message);
      expect(done.stdout + done.stderr).toMatch(/^[^\n]+\n$/);
    }
  });

  it('serves with its memory locked, its workers pinned and their priority raised', async () => {
    const config = `
      [[server]]
      listen = "127.0.0.1:11783"
      [workers]
      count = 2
      cpu-affinity = [0]
      priority = 3
      lock-memory = true`;
    const daemon = await serve({ config });
    const { pid } = daemon.child;
    const tasks = readdirSync(`/proc/${pid}/task`).map((task) => {
      const text = (name: string): string => readFileSync(`/proc/${pid}/task/${task}/${name}`, 'utf8');
      const [priority, policy] = text('stat')
        .replace(/^.*\) /, '')
        .split(' ')
        .slice(37, 39);
      return `${/^Cpus_allowed_list:\s*(\S+)$/m.exec(text('status'))?.[1]} ${priority} ${policy}`;
    });
    expect(tasks.filter((task) => task === '0 3 2')).toHaveLength(2); // SCHED_RR is 2
    const locked = /^VmLck:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    expect(Number(locked)).toBeGreaterThan(100_000);
    expect((await ntpdTs(null, ['query', '-n', '1', '127.0.0.1:11783'])).status).toBe(0);
    expect(await daemon.child.stop()).toBe(0);
  });
});
