import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { DaemonStatus } from '../../src/daemon/status.ts';
import { isUnsynchronised, kernelState } from './kernel-state.ts';
import type { TrueTime } from './true-time.ts';

export const DRIFT_FILE = '/tmp/drift';
const SERVED_PORT = 11_123;
const CONTROL = '/tmp/control.sock';
const REPLY_MS = 500;

/** One look at the system clock, judged by the truth. */
export interface Look {
  readonly atSeconds: number;
  readonly errorSeconds: number;
  readonly maximumErrorSeconds: number;
  readonly estimatedErrorSeconds: number;
  readonly isUnsynchronised: boolean;
}

/** The daemon under test, the truth, and the count of checks. */
export class World {
  readonly truth: TrueTime;
  private readonly sourcePort: number;
  private daemon: ChildProcess | null = null;
  private log = '';
  private passed = 0;
  private failed = 0;

  constructor(truth: TrueTime, sourcePort: number) {
    this.truth = truth;
    this.sourcePort = sourcePort;
  }

  /** Counts and prints a check. */
  check(what: string, isRight: boolean): void {
    if (isRight) this.passed++;
    else this.failed++;
    console.log(`${isRight ? 'ok' : 'FAILED'}: ${what}`);
  }

  note(what: string): void {
    console.log(`note: ${what}`);
  }

  report(): void {
    console.log(`${this.passed} passed, ${this.failed} failed`);
  }

  /** Starts the built daemon on the system clock; resolves when it serves. */
  async start(): Promise<void> {
    writeFileSync(
      '/tmp/ntp.toml',
      `[observability]
observation-path = "${CONTROL}"
log-level = "debug"
[workers]
count = 1
[[server]]
listen = "127.0.0.1:${SERVED_PORT}"
[[source]]
mode = "server"
address = "127.0.0.1:${this.sourcePort}"
poll-interval-limits = { min = 4, max = 4 }
[synchronization]
clock = "system"
minimum-agreeing-sources = 1
drift-file = "${DRIFT_FILE}"
`,
    );
    const daemon = spawn(process.execPath, ['/app/dist/daemon/main.js', 'serve', '--config', '/tmp/ntp.toml']);
    this.daemon = daemon;
    for (const stream of [daemon.stdout, daemon.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        this.log += text;
        process.stdout.write(text.replace(/^/gm, '    ').trimEnd().concat('\n'));
      });
    }
    await this.until(() => /"workers":\d/.test(this.log), 120);
  }

  /** Ends the daemon by SIGTERM. @returns its exit code. */
  async stop(): Promise<number | null> {
    const { daemon } = this;
    if (daemon === null) return null;
    this.daemon = null;
    const exited = once(daemon, 'exit') as Promise<[number | null]>;
    daemon.kill('SIGTERM');
    return (await exited)[0];
  }

  async end(): Promise<void> {
    this.daemon?.kill('SIGKILL');
    await this.truth.stop();
  }

  /** What the daemon logged since it was asked before. */
  takeLog(): string {
    const { log } = this;
    this.log = '';
    return log;
  }

  look(): Look {
    const errorSeconds = this.truth.systemError();
    const kernel = kernelState();
    return {
      atSeconds: this.truth.now(),
      errorSeconds,
      maximumErrorSeconds: kernel.maximumErrorSeconds,
      estimatedErrorSeconds: kernel.estimatedErrorSeconds,
      isUnsynchronised: isUnsynchronised(kernel),
    };
  }

  /** Looks once a second for so long. */
  async watch(seconds: number): Promise<Look[]> {
    const looks: Look[] = [];
    for (let i = 0; i < seconds; i++) {
      await sleep(1);
      looks.push(this.look());
    }
    return looks;
  }

  /** Waits for something. @returns after how many seconds it was so; Infinity when it was not in time. */
  async until(isSo: () => boolean, limitSeconds: number): Promise<number> {
    const begun = this.truth.now();
    while (!isSo()) {
      if (this.truth.now() - begun > limitSeconds) return Number.POSITIVE_INFINITY;
      await sleep(0.25);
    }
    return this.truth.now() - begun;
  }

  /** The leap indicator of the daemon's answer to a request; null when none came. */
  async askLeap(): Promise<number | null> {
    const socket = createSocket('udp4');
    const ask = Buffer.alloc(48);
    ask[0] = 0x23;
    ask.writeUInt32BE(1, 40);
    try {
      socket.send(ask, SERVED_PORT, '127.0.0.1');
      const [reply] = (await once(socket, 'message', { signal: AbortSignal.timeout(REPLY_MS) })) as [Buffer];
      return (reply[0] as number) >> 6;
    } catch {
      return null;
    } finally {
      socket.close();
    }
  }

  async status(): Promise<DaemonStatus> {
    const asked = request({ socketPath: CONTROL, path: '/status' }).end();
    const [response] = await once(asked, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    return JSON.parse(text) as DaemonStatus;
  }
}

export function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
