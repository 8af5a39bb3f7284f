import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import type { TalkerReport } from '../core/server/top-talkers.ts';
import { OperatorError } from '../errors.ts';
import { makeDirectory } from './make-directory.ts';
import type { DaemonStatus } from './status.ts';

/** What the control socket can ask of the daemon. */
export interface ControlTarget {
  status(): DaemonStatus;
  /** The sources that ask most, and the prefixes. */
  clients(limit: number): TalkerReport;
  /** Steps the clock to the best estimate. @returns what was done. @throws OperatorError when it cannot be. */
  forceSync(): string;
  /**
   * Switches polling of all sources, or of those at a configured address, on or off.
   *
   * @returns how many.
   * @throws OperatorError when there is none.
   */
  setOnline(online: boolean, source: string | null): number;
  /** Looks up names again, likewise. */
  refreshSources(source: string | null): number;
  /** Reads the configuration again. @returns what changed, in words. @throws OperatorError; nothing changed then. */
  reload(): Promise<readonly string[]>;
  /** Takes note of a fault of the program itself in one of these. */
  fault(error: unknown): void;
}

const CLIENTS_DEFAULT = 20;
const CLIENTS_QUERY = {
  type: 'object',
  properties: { limit: { type: 'string', pattern: '^[1-9][0-9]{0,2}$' } },
} as const;

const SOURCES_BODY = {
  type: 'object',
  required: ['action'],
  additionalProperties: false,
  properties: {
    action: { type: 'string', enum: ['online', 'offline', 'refresh'] },
    source: { type: 'string', maxLength: 300 },
  },
} as const;

/** Requests are small; a body beyond this is refused unread. */
const BODY_OCTETS_MAX = 16_384;
const PROBE_MS = 500;
/** What sockaddr_un holds, without the zero at its end (unix(7)). */
const PATH_OCTETS_MAX = 107;

/** The control socket: HTTP over a Unix socket, open to whoever may write to the file. */
export class ControlServer {
  private readonly path: string;
  private readonly app: FastifyInstance;

  constructor(path: string, target: ControlTarget) {
    this.path = path;
    this.app = fastify({
      logger: false,
      bodyLimit: BODY_OCTETS_MAX,
      forceCloseConnections: true,
      ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    });
    this.app.get('/status', () => target.status());
    this.app.get<{ Querystring: { limit?: string } }>(
      '/clients',
      { schema: { querystring: CLIENTS_QUERY } },
      ({ query }) => target.clients(Number(query.limit ?? CLIENTS_DEFAULT)),
    );
    this.app.post('/force-sync', () => ({ done: target.forceSync() }));
    this.app.post('/reload', async () => ({ changes: await target.reload() }));
    this.app.post<{ Body: { action: string; source?: string } }>(
      '/sources',
      { schema: { body: SOURCES_BODY } },
      ({ body }) => {
        const source = body.source ?? null;
        if (body.action === 'refresh') return { changed: target.refreshSources(source) };
        return { changed: target.setOnline(body.action === 'online', source) };
      },
    );
    this.app.setErrorHandler((error, _request, reply) => {
      if (error instanceof OperatorError) return reply.status(422).send({ code: error.code, message: error.message });
      // What Fastify refuses by itself has a status.
      if (error instanceof Error && 'statusCode' in error) return reply.send(error);
      target.fault(error);
      return reply.status(500).send({ code: 'internal', message: (error as Error).message });
    });
  }

  /**
   * Listens; takes over a socket file that a dead daemon has left.
   *
   * @throws the system's error, or Error when another daemon answers there, what is there is no socket, or the path is
   *   too long for one; nothing listens then.
   */
  async start(permissions: number): Promise<void> {
    // Node would cut it short and listen elsewhere.
    if (Buffer.byteLength(this.path) > PATH_OCTETS_MAX)
      throw new Error(`a socket's path is at most ${PATH_OCTETS_MAX} octets long`);
    makeDirectory(dirname(this.path));
    if (await answers(this.path)) throw new Error('another daemon answers there');
    if (lstatSync(this.path, { throwIfNoEntry: false })?.isSocket() === false)
      throw new Error('there is a file that is no socket; remove it, or choose another path');
    rmSync(this.path, { force: true });
    try {
      const mask = process.umask(0o177);
      try {
        await this.app.listen({ path: this.path });
      } finally {
        process.umask(mask);
      }
      chmodSync(this.path, permissions);
    } catch (cause) {
      await this.app.close();
      throw cause;
    }
  }

  async stop(): Promise<void> {
    await this.app.close();
    rmSync(this.path, { force: true });
  }
}

/** Whether something accepts connections at a socket file. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection({ path });
    const finish = (answered: boolean): void => {
      connection.destroy();
      resolve(answered);
    };
    connection.once('connect', () => finish(true));
    connection.once('error', () => finish(false));
    connection.setTimeout(PROBE_MS, () => finish(true));
  });
}
