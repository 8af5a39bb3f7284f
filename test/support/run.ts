import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';

/** What a finished command left behind. `status` is null when a signal ended it. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** After this long the command is killed. */
  readonly timeoutMs?: number;
}

/** Runs `argv` to its end and collects its output; a failing command is a result, not an error. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = new Child(argv, options);
  const timer = setTimeout(() => child.process.kill('SIGKILL'), options.timeoutMs ?? 60_000);
  const status = await child.exited;
  clearTimeout(timer);
  return { status, stdout: child.stdout, stderr: child.stderr };
}

/** Runs `argv` and returns its standard output; throws with everything it said when it fails. */
export async function runOk(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const done = await run(argv, options);
  if (done.status !== 0) throw new Error(`${argv.join(' ')}: status ${done.status}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** Whether `command` is found on the PATH (or is an executable path). */
export function hasCommand(command: string): boolean {
  return spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', command], { stdio: 'ignore' }).status === 0;
}

/** Children that still run: ended with this process, so that a failing test leaves nothing behind. */
const running = new Set<Child>();
process.on('exit', () => {
  for (const child of running) child.process.kill('SIGKILL');
});

/** A program that keeps running: its output is collected, can be waited for, and it is ended by `stop`. */
export class Child {
  readonly process: ChildProcess;
  /** Resolves with the exit status, null when a signal ended it. */
  readonly exited: Promise<number | null>;
  stdout = '';
  stderr = '';
  readonly #argv: readonly string[];
  readonly #waiters = new Set<() => void>();
  #ended = false;

  constructor(argv: readonly string[], options: RunOptions = {}) {
    const [command, ...args] = argv;
    if (command === undefined) throw new Error('no command given');
    const spawnOptions: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } };
    if (options.cwd !== undefined) spawnOptions.cwd = options.cwd;
    this.#argv = argv;
    this.process = spawn(command, args, spawnOptions);
    running.add(this);
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#collect('stdout', text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#collect('stderr', text));
    this.exited = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.stderr += `${error.message}\n`;
        this.#finish();
        resolve(127);
      });
      this.process.once('close', (status) => {
        this.#finish();
        resolve(status);
      });
    });
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error(`${this.#argv.join(' ')} did not start: ${this.stderr}`);
    return this.process.pid;
  }

  get running(): boolean {
    return !this.#ended;
  }

  /** Everything said so far, both streams. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Resolves with the match once the output shows `pattern`; throws when the program ends or time runs out first. */
  async saw(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      const left = deadline - Date.now();
      if (this.#ended || left <= 0) {
        throw new Error(
          `${this.#argv.join(' ')}: ${this.#ended ? 'ended' : 'went on'} without ${pattern}\n${this.output}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, left);
        const waiters = this.#waiters;
        function wake(): void {
          clearTimeout(timer);
          waiters.delete(wake);
          resolve();
        }
        waiters.add(wake);
      });
    }
  }

  /** Asks the program to end (SIGTERM), insists after `graceMs`, and returns its exit status. */
  async stop(graceMs = 5_000): Promise<number | null> {
    if (this.#ended) return this.exited;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), graceMs);
    const status = await this.exited;
    clearTimeout(timer);
    return status;
  }

  #collect(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    for (const wake of [...this.#waiters]) wake();
  }

  #finish(): void {
    this.#ended = true;
    running.delete(this);
    for (const wake of [...this.#waiters]) wake();
  }
}

/** Repeats `probe` until it gives something other than undefined; throws with `what` after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(100);
  }
}

/** Waits `milliseconds`. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
