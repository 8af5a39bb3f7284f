import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSockets, ClientStamp } from '../native/client-socket.ts';
import { type KissCode, kissCode } from '../protocol/kiss.ts';
import { type Timestamp, UNIX_EPOCH_NTP_SECONDS } from '../protocol/timestamp.ts';
import { buildRequest, type Measurement, measure, type Reply, readReply } from './query-exchange.ts';
import type { QueryTarget } from './query-target.ts';

export interface QueryOptions {
  readonly samples: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly version: number;
  /** Precision of our own clock, log2 seconds. */
  readonly precisionLog2: number;
}

/** One exchange that brought a reply. */
export interface QuerySample extends Measurement {
  readonly reply: Reply;
  readonly transmitStamp: ClientStamp['source'];
  readonly receiveStamp: ClientStamp['source'];
}

/** What became of asking one server. */
export interface QueryResult {
  readonly target: QueryTarget;
  readonly sent: number;
  /** Replies that carry time, in the order in which they came. */
  readonly samples: readonly QuerySample[];
  /** The kiss that ended the series, if one did. */
  readonly kiss: KissCode | null;
  /** The last error of the network, e.g. ECONNREFUSED. */
  readonly error: string | null;
}

type Outcome = { sample: QuerySample } | { kiss: KissCode } | { error: string } | 'timeout';

/** Asks a server several times, each time from a fresh port; a kiss ends the series. */
export async function query(sockets: ClientSockets, target: QueryTarget, options: QueryOptions): Promise<QueryResult> {
  const samples: QuerySample[] = [];
  let error: string | null = null;
  let sent = 0;
  while (sent < options.samples) {
    if (sent > 0) await sleep(options.intervalSeconds * 1000);
    const outcome = await exchange(sockets, target, options);
    sent++;
    if (outcome === 'timeout') continue;
    if ('kiss' in outcome) return { target, sent, samples, kiss: outcome.kiss, error };
    if ('error' in outcome) error = outcome.error;
    else samples.push(outcome.sample);
  }
  return { target, sent, samples, kiss: null, error };
}

function exchange(sockets: ClientSockets, { target }: QueryTarget, options: QueryOptions): Promise<Outcome> {
  const nonce = randomTimestamp();
  return new Promise((resolve) => {
    let t1: ClientStamp | null = null;
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      socket?.close();
      resolve(outcome);
    };
    const timer = setTimeout(() => finish('timeout'), options.timeoutSeconds * 1000);
    const events = {
      onTransmitStamp: (stamp: ClientStamp) => {
        t1 = stamp;
      },
      onDatagram: (octets: Uint8Array, t4: ClientStamp) => {
        const reply = readReply(octets, nonce);
        if (reply !== null && t1 !== null) finish(outcomeOf(reply, t1, t4, options));
      },
      onError: (error: string) => finish({ error }),
    };
    let socket: ReturnType<ClientSockets['open']> | null = null;
    try {
      socket = sockets.open(target, events);
      t1 = socket.send(buildRequest(options.version, nonce));
    } catch (cause) {
      finish({ error: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message });
    }
  });
}

function outcomeOf(reply: Reply, t1: ClientStamp, t4: ClientStamp, options: QueryOptions): Outcome {
  const kiss = reply.stratum === 0 ? kissCode(reply.refid) : null;
  if (kiss !== null) return { kiss };
  const measurement = measure(ntpTime(t1), reply, ntpTime(t4), 2 ** options.precisionLog2);
  return { sample: { ...measurement, reply, transmitStamp: t1.source, receiveStamp: t4.source } };
}

function ntpTime(stamp: ClientStamp): Timestamp {
  return {
    seconds: (stamp.realSeconds + UNIX_EPOCH_NTP_SECONDS) >>> 0,
    fraction: Math.floor((stamp.realNs * 2 ** 32) / 1e9),
  };
}

function randomTimestamp(): Timestamp {
  const octets = randomBytes(8);
  return { seconds: octets.readUInt32BE(0), fraction: octets.readUInt32BE(4) };
}

/**
 * The sample to believe: the one with the shortest round trip among those with the best stamps, because queues
 * only ever lengthen a trip.
 */
export function bestSample(samples: readonly QuerySample[]): QuerySample | null {
  const daemonStamps = (sample: QuerySample): number =>
    Number(sample.transmitStamp === 'daemon') + Number(sample.receiveStamp === 'daemon');
  const order = (a: QuerySample, b: QuerySample): number =>
    daemonStamps(a) - daemonStamps(b) || a.delaySeconds - b.delaySeconds;
  return [...samples].sort(order)[0] ?? null;
}

/** Root mean square of the samples' offsets around the best one's, seconds. */
export function offsetJitterSeconds(samples: readonly QuerySample[], best: QuerySample): number {
  const squares = samples.map((sample) => (sample.offsetSeconds - best.offsetSeconds) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / Math.max(1, samples.length - 1));
}
