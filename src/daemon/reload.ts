import { isDeepStrictEqual } from 'node:util';
import { formatEndpoint } from '../config/conflicts.ts';
import type { Config, ServerConfig } from '../config/schema.ts';
import { OperatorError } from '../errors.ts';
import type { Logger } from './logger.ts';
import type { Settings } from './settings.ts';

/** A change that is ready to be made. */
export interface Change {
  apply(): void;
  abandon(): void;
}

export const NO_CHANGE: Change = { apply: () => {}, abandon: () => {} };

/** Says in the log what a reload changed, or why it changed nothing; passes on what it gives or throws. */
export async function logReload(log: Logger, reload: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    const changes = await reload;
    log.info({ changes }, 'the configuration was read again');
    return changes;
  } catch (error) {
    if (error instanceof OperatorError) {
      log.error({ code: error.code }, `the configuration was not changed: ${error.message}`);
    }
    throw error;
  }
}

/** Sections of the configuration that a reload puts into force. */
const LIVE: ReadonlySet<keyof Config> = new Set(['server', 'keys', 'source', 'sourceDefaults', 'synchronization']);

/**
 * What a reload changed, in words, and what has to wait for a restart.
 *
 * @param workersBegan - with it, by its settings.
 */
export function describeChanges(before: Settings, after: Settings, workersBegan = false): string[] {
  const changes = describeListeners(before.config.server, after.config.server);
  if (after.config.keys.file !== null) changes.push('the key file was read again');
  else if (before.config.keys.file !== null) changes.push('keys are no longer accepted');
  changes.push(...describeSources(before.config, after.config));
  for (const section of Object.keys(after.config) as (keyof Config)[]) {
    if (LIVE.has(section) || (section === 'workers' && workersBegan)) continue;
    if (isDeepStrictEqual(before.config[section], after.config[section])) continue;
    changes.push(`${kebabCase(section)}: the change takes effect after a restart`);
  }
  return changes;
}

function describeSources(before: Config, after: Config): string[] {
  const changed = (section: 'source' | 'sourceDefaults' | 'synchronization'): boolean =>
    !isDeepStrictEqual(before[section], after[section]);
  const changes: string[] = [];
  if (changed('source') || changed('sourceDefaults')) {
    changes.push(`following ${after.source.length} configured ${after.source.length === 1 ? 'source' : 'sources'}`);
  }
  if (changed('synchronization')) changes.push('the clock is kept by its new settings');
  return changes;
}

function describeListeners(before: readonly ServerConfig[], after: readonly ServerConfig[]): string[] {
  const old = new Map(before.map((server) => [nameOf(server), server]));
  const now = new Map(after.map((server) => [nameOf(server), server]));
  const changes: string[] = [];
  for (const [name, server] of now) {
    const earlier = old.get(name);
    if (earlier === undefined) changes.push(`serving on ${name}`);
    else if (!isDeepStrictEqual(earlier, server)) changes.push(`${name} answers by its new settings`);
  }
  for (const name of old.keys()) if (!now.has(name)) changes.push(`no longer serving on ${name}`);
  return changes;
}

/** One endpoint may be served on several interfaces, by a listener each. */
function nameOf({ listen, interface: device }: ServerConfig): string {
  return device === null ? formatEndpoint(listen) : `${formatEndpoint(listen)} (${device})`;
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
