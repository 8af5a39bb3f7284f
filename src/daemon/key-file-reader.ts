import type { Config } from '../config/schema.ts';
import { whyUnreadable } from '../config/unreadable.ts';
import { KeyFileError, parseKeyFile } from '../core/server/key-file.ts';
import type { SymmetricKey } from '../core/server/symmetric-key.ts';
import { OperatorError } from '../errors.ts';
import { readRegularFile } from './regular-file.ts';

/** Everyone's bits, and the group's right to write. */
const OPEN_TO_OTHERS = 0o027;

export interface ReadKeys {
  readonly keys: readonly SymmetricKey[];
  readonly warnings: readonly string[];
}

/**
 * Reads the key file of a configuration, if it names one.
 *
 * @throws OperatorError for a file that cannot be read, that others can read or change, or with a line that is wrong;
 *   the message never contains a key.
 */
export function readKeys(config: Config['keys']): ReadKeys {
  const { file, format } = config;
  if (file === null) return { keys: [], warnings: [] };
  try {
    const { keys, warnings } = parseKeyFile(readPrivate(file), format);
    return { keys, warnings: warnings.map((warning) => `${file}: ${warning}`) };
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    if (cause instanceof KeyFileError) throw new OperatorError('key-file', `${file}: ${cause.message}`);
    const wayOut = 'see [keys] file in the configuration, and who may read it';
    throw new OperatorError('key-file', `${file}: the key file cannot be read: ${whyUnreadable(cause)}; ${wayOut}`);
  }
}

/** The text of a file that is nobody else's: what was looked at is what is read. */
function readPrivate(file: string): string {
  return readRegularFile(file, ({ mode }) => {
    if ((mode & OPEN_TO_OTHERS) === 0) return;
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    throw new OperatorError('key-file', `${file}: mode ${octal} lets others in; chmod 0640 or 0600`);
  });
}

/** @throws OperatorError when a source has a key that is not among these. */
export function checkSourceKeys(config: Config, keys: readonly SymmetricKey[]): void {
  for (const { address, key } of config.source) {
    if (key === null || keys.some(({ id }) => id === key)) continue;
    const missing = `source ${address.host} is to use key ${key}, which is not in ${config.keys.file}`;
    const message = `${missing}; add it there, or correct "key" of that source`;
    throw new OperatorError('key-file', message);
  }
}
