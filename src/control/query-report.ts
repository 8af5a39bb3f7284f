import { describeNetworkError } from '../native/network-error.ts';
import { LEAP_UNKNOWN } from '../protocol/header.ts';
import { KISS_CODES } from '../protocol/kiss.ts';
import { describeRefid } from '../protocol/refid.ts';
import { bestSample, offsetJitterSeconds, type QueryResult, type QuerySample } from './query-run.ts';
import { formatSeconds, formatTable } from './table.ts';

const LEAP_TEXTS = ['none', 'insert', 'delete', 'unsynchronised'];

/** A table of the servers that answered. */
export function formatResults(results: readonly QueryResult[]): string {
  const headings = [
    'server',
    'offset',
    'delay',
    'jitter',
    'dispersion',
    'stratum',
    'refid',
    'leap',
    'version',
    'stamps',
    'samples',
  ];
  const rows = results.map((result) => {
    const best = bestSample(result.samples) as QuerySample;
    const { reply } = best;
    return [
      result.target.name,
      formatSeconds(best.offsetSeconds, { signed: true }),
      formatSeconds(best.delaySeconds),
      formatSeconds(offsetJitterSeconds(result.samples, best)),
      formatSeconds(best.dispersionSeconds + reply.rootDispersionSeconds),
      String(reply.stratum),
      describeRefid(reply.refid, reply.stratum) || '-',
      LEAP_TEXTS[reply.leap] as string,
      String(reply.version),
      `${best.transmitStamp}/${best.receiveStamp}`,
      `${result.samples.length}/${result.sent}`,
    ];
  });
  return formatTable(headings, rows);
}

/** What has to be said about a server beside its row: no answer, a kiss, a clock that is not synchronised. */
export function describeResult(result: QueryResult): string[] {
  const { name, target } = result.target;
  const lines: string[] = [];
  if (result.kiss !== null) lines.push(`${name}: the server sent the kiss ${result.kiss}: ${KISS_CODES[result.kiss]}`);
  if (result.samples.length === 0 && result.kiss === null) {
    const reason = result.error === null ? 'no reply came' : describeNetworkError(result.error);
    const asked = `asked ${target.address} port ${target.port} ${result.sent === 1 ? 'once' : `${result.sent} times`}`;
    lines.push(`${name}: no answer: ${reason}; ${asked}`);
  }
  const best = bestSample(result.samples);
  if (best !== null && (best.reply.leap === LEAP_UNKNOWN || best.reply.stratum === 0)) {
    lines.push(`${name}: the server says that its clock is not synchronised: its time is not to be used`);
  }
  return lines;
}

/** A server's result for programs: numbers in seconds, offsets positive when the local clock is behind. */
export function jsonResult(result: QueryResult): object {
  const best = bestSample(result.samples);
  const { name, target } = result.target;
  return {
    server: name,
    address: target.address,
    port: target.port,
    sent: result.sent,
    received: result.samples.length,
    kiss: result.kiss === null ? null : { code: result.kiss, meaning: KISS_CODES[result.kiss] },
    error: result.samples.length > 0 ? null : (result.error ?? (result.kiss === null ? 'no-answer' : null)),
    result:
      best === null ? null : { ...jsonSample(best), offsetJitterSeconds: offsetJitterSeconds(result.samples, best) },
    samples: result.samples.map(jsonSample),
  };
}

function jsonSample(sample: QuerySample): object {
  const { reply } = sample;
  return {
    offsetSeconds: sample.offsetSeconds,
    delaySeconds: sample.delaySeconds,
    dispersionSeconds: sample.dispersionSeconds,
    residenceSeconds: sample.residenceSeconds,
    rootDelaySeconds: reply.rootDelaySeconds,
    rootDispersionSeconds: reply.rootDispersionSeconds,
    /** How wrong the offset may be at most (RFC 5905 §11.1, root distance). */
    maximumErrorSeconds:
      (sample.delaySeconds + reply.rootDelaySeconds) / 2 + sample.dispersionSeconds + reply.rootDispersionSeconds,
    stratum: reply.stratum,
    refid: describeRefid(reply.refid, reply.stratum),
    leap: reply.leap,
    leapText: LEAP_TEXTS[reply.leap],
    version: reply.version,
    pollLog2: reply.pollLog2,
    precisionLog2: reply.precisionLog2,
    transmitStamp: sample.transmitStamp,
    receiveStamp: sample.receiveStamp,
  };
}
