import pino from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/schema.ts';

export type Logger = pino.Logger;

/**
 * The daemon's log on standard output: readable lines on a terminal, JSON lines elsewhere. A log that cannot be
 * written (full disk, closed pipe) never stops the daemon; what could not be written is lost.
 */
export function createLogger(observability: Config['observability']): Logger {
  const { logLevel, ansiColors } = observability;
  const level = logLevel === 'off' ? 'silent' : logLevel;
  const terminal = process.stdout.isTTY === true;
  const destination = pino.destination({ fd: 1, sync: true });
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
