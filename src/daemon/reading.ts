import { warnings } from '../config/conflicts.ts';
import type { SymmetricKey } from '../core/server/symmetric-key.ts';
import type { PoolListener } from '../workers/open-listeners.ts';
import { readKeys } from './key-file-reader.ts';
import { poolListener } from './listener-config.ts';
import { resolveSettings, type ServeFlags, type Settings } from './settings.ts';

/** A configuration that is ready to be put into force: plain data and shared memory, for any thread to make. */
export interface Reading {
  readonly settings: Settings;
  /** Of settings.config.server, their lists compiled. */
  readonly listeners: readonly PoolListener[];
  readonly keys: readonly SymmetricKey[];
  readonly warnings: readonly string[];
}

/**
 * Reads everything that the flags name, and compiles it.
 *
 * @throws OperatorError for flags or files that are wrong.
 */
export function readEverything(flags: ServeFlags): Reading {
  const settings = resolveSettings(flags);
  const { keys, warnings: doubts } = readKeys(settings.config.keys);
  return {
    settings,
    listeners: settings.config.server.map(poolListener),
    keys,
    warnings: [...warnings(settings.config), ...doubts],
  };
}
