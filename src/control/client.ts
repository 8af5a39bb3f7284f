import { request } from 'node:http';
import type { Command } from 'commander';
import { controlPath } from '../config/control-path.ts';
import { defaultConfig, loadConfig } from '../config/load.ts';
import type { DaemonStatus } from '../daemon/status.ts';
import { ERRORS, type ErrorCode, OperatorError } from '../errors.ts';

/** Where to find the daemon: the options that all control verbs share. */
export interface ControlFlags {
  readonly socket?: string;
  readonly config?: string;
}

const TIMEOUT_MS = 5000;
const OTHER_PLACE = '--socket and --config name another place';

/** Adds the options by which a verb finds the daemon. */
export function withControlOptions(command: Command): Command {
  return command
    .option('--socket <path>', 'control socket of the daemon')
    .option('--config <file>', "the daemon's configuration file, to read the path of the socket from");
}

/** The daemon behind its control socket. */
export class ControlClient {
  private readonly path: string;

  /** @throws OperatorError when the configuration is wrong, or there is no place where the socket could be. */
  constructor(flags: ControlFlags) {
    const config = flags.config === undefined ? defaultConfig() : loadConfig(flags.config);
    const path = flags.socket ?? controlPath(config.observability);
    if (path === null) {
      throw new OperatorError('usage', 'no control socket is known for this user: name it with --socket or --config');
    }
    this.path = path;
  }

  async status(): Promise<DaemonStatus> {
    return (await this.call('GET', '/status')) as DaemonStatus;
  }

  /** @throws OperatorError saying why nothing answers, or what the daemon answered. */
  call(method: 'GET' | 'POST', route: string, body?: object, timeoutMs: number = TIMEOUT_MS): Promise<unknown> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.path, method, path: route, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          try {
            resolve(this.answer(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
          } catch (error) {
            reject(error);
          }
        });
        response.on('error', (error) => reject(this.unreachable(error)));
      });
      asked.setTimeout(timeoutMs, () => asked.destroy(new Error('it does not answer')));
      asked.on('error', (error) => reject(this.unreachable(error)));
      asked.end(text);
    });
  }

  private answer(status: number, text: string): unknown {
    let body: { code?: string; message?: string };
    try {
      body = JSON.parse(text);
    } catch (cause) {
      throw new OperatorError('daemon-not-running', `what answers at ${this.path} is no ntpd-ts; ${OTHER_PLACE}`, {
        cause,
      });
    }
    if (status === 200) return body;
    const code: ErrorCode = Object.hasOwn(ERRORS, body.code ?? '') ? (body.code as ErrorCode) : 'control-refused';
    const happened = code === 'internal' ? 'the daemon met a fault of its own (see its log)' : 'the daemon refused';
    throw new OperatorError(code, `${happened}: ${body.message ?? `status ${status}`}`);
  }

  private unreachable(cause: Error): OperatorError {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      const remedy = 'use its user or root, or see observation-permissions';
      return new OperatorError(
        'control-permission',
        `the control socket ${this.path} is not open to this user; ${remedy}`,
        {
          cause,
        },
      );
    }
    const reason =
      code === 'ENOENT' ? 'there is no such socket' : code === 'ECONNREFUSED' ? 'nobody listens' : cause.message;
    const remedy = `is ntpd-ts serve running? ${OTHER_PLACE}`;
    return new OperatorError('daemon-not-running', `no daemon at ${this.path}: ${reason}; ${remedy}`, { cause });
  }
}
