import pino from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/schema.ts';

export type Logger = pino.Logger;

/** What cannot be written is kept for a better time up to so much; beyond, lines are lost. */
const BACKLOG_OCTETS_MAX = 1 << 20;

/**
 * The daemon's log on standard output: readable lines on a terminal, JSON lines elsewhere. A log that cannot be
 * written (full disk, closed pipe, a reader that has stopped reading) never stops the daemon.
 */
export function createLogger(observability: Config['observability']): Logger {
  const { logLevel, ansiColors } = observability;
  const level = logLevel === 'off' ? 'silent' : logLevel;
  const terminal = process.stdout.isTTY === true;
  // By asking whether it is a terminal Node has made a pipe non-blocking: one that is full is not waited for.
  const destination = pino.destination({
    fd: 1,
    sync: true,
    retryEAGAIN: () => false,
    maxLength: BACKLOG_OCTETS_MAX,
  });
  destination.on('error', () => {});
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (!terminal && ansiColors !== true) return pino(options, destination);
  const readable = pretty({
    colorize: ansiColors ?? true,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    destination,
  });
  return pino(options, readable);
}
