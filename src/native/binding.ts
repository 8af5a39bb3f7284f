import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as page from '../core/server/page.ts';
import * as phc from '../core/server/phc-page.ts';
import * as slot from '../core/server/slot.ts';
import * as standing from '../core/server/standing-rows.ts';
import * as counters from './counter-words.ts';

/** Version of the shared layout this program was written for (addon/layout.h). */
const LAYOUT_VERSION = 1;

/** Where to find the addon: the environment's choice, else what was built or shipped. */
function locate(): string {
  const chosen = process.env['NTPD_TS_ADDON'];
  if (chosen) return chosen;
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../../addon');
  const built = join(folder, 'build/Release/ntpd_ts.node');
  if (existsSync(built)) return built;
  const prebuilt = createRequire(import.meta.url)('node-gyp-build') as { resolve(folder: string): string };
  return prebuilt.resolve(folder);
}

let addon: object | null = null;

/**
 * Loads the addon, once per thread, and compares the layout it was built with, word by word, with the one compiled into
 * this program.
 *
 * @throws Error naming the binary and the first word that differs, or what to do when there is no binary.
 */
export function loadAddon<Exports>(): Exports {
  addon ??= loadChecked();
  return addon as Exports;
}

function loadChecked(): object {
  let path = '';
  let loaded: { layout: Record<string, unknown> };
  try {
    path = locate();
    loaded = createRequire(import.meta.url)(path) as typeof loaded;
  } catch (cause) {
    throw new Error(`cannot load the native addon ${path}; build it with "npm run install"`, { cause });
  }
  const difference = layoutDifference(loaded.layout);
  if (difference !== null) {
    throw new Error(`the native addon ${path} is of another build (${difference}); rebuild it with "npm run install"`);
  }
  return loaded;
}

/** The first difference between the addon's layout and ours, in words; null when they are alike. */
export function layoutDifference(layout: Record<string, unknown>): string | null {
  if (layout['version'] !== LAYOUT_VERSION) return `layout version ${layout['version']}, expected ${LAYOUT_VERSION}`;
  const groups: Record<string, Record<string, unknown>> = { slot, page, phc, counters, standing };
  for (const [name, ours] of Object.entries(groups)) {
    const theirs = (layout[name] ?? {}) as Record<string, unknown>;
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      if (ours[key] !== theirs[key]) return `${key} is ${theirs[key]} there and ${ours[key]} here`;
    }
  }
  return null;
}
