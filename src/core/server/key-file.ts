import { keyOctets, type MacAlgorithm, type SymmetricKey } from './symmetric-key.ts';

/** How a key file is to be read; the two differ in what a long key without a prefix means. */
export type KeyFileForm = 'chrony' | 'ntp';

/** What is wrong with a key file, by line. The message never contains a key. */
export class KeyFileError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'KeyFileError';
    this.line = line;
  }
}

export interface KeyFile {
  readonly keys: readonly SymmetricKey[];
  /** Things an operator should hear of, keys not included. */
  readonly warnings: readonly string[];
}

const ALGORITHMS: Record<string, MacAlgorithm> = {
  MD5: 'md5',
  M: 'md5',
  SHA1: 'sha1',
  'SHA-1': 'sha1',
  SHA: 'sha1',
  SHA256: 'sha256',
  'SHA-256': 'sha256',
  SHA384: 'sha384',
  'SHA-384': 'sha384',
  SHA512: 'sha512',
  'SHA-512': 'sha512',
  'SHA3-224': 'sha3-224',
  'SHA3-256': 'sha3-256',
  'SHA3-384': 'sha3-384',
  'SHA3-512': 'sha3-512',
  AES128: 'aes128-cmac',
  AES256: 'aes256-cmac',
  AES: 'aes128-cmac',
  'AES-128': 'aes128-cmac',
  AES128CMAC: 'aes128-cmac',
  'AES-128-CMAC': 'aes128-cmac',
  'AES-256': 'aes256-cmac',
  AES256CMAC: 'aes256-cmac',
  'AES-256-CMAC': 'aes256-cmac',
};

const KEY_ID_MAX = 0xffff_ffff;
const NTP_KEY_ID_MAX = 65_535;
/** ntpd takes a key of up to so many characters as it stands, a longer one as hexadecimal. */
const NTP_LITERAL_MAX = 20;
const STRONG_BITS = 80;

/**
 * Reads a key file of chrony's form (`id [type] key`, key as text or with the prefix HEX: or ASCII:) or of ntpd's
 * (`id type key [addresses]`, a key beyond 20 characters being hexadecimal).
 *
 * @param form - null to tell by the file itself.
 * @throws KeyFileError for the first line that cannot be read; also when `form` is null and a key means one thing to
 *   chrony and another to ntpd.
 */
export function parseKeyFile(text: string, form: KeyFileForm | null): KeyFile {
  const keys: SymmetricKey[] = [];
  const warnings: string[] = [];
  const seen = new Map<number, number>();
  const lines = text.split('\n').map((line) => line.trim());
  const chosen = form ?? (lines.some(looksLikeChrony) ? 'chrony' : null);
  for (const [i, line] of lines.entries()) {
    if (line === '' || /^[#!;%]/.test(line)) continue;
    const number = i + 1;
    const key = parseKey(line, number, chosen);
    const first = seen.get(key.id);
    if (first !== undefined) throw new KeyFileError(number, `key ${key.id} was already given in line ${first}`);
    seen.set(key.id, number);
    keys.push(key);
    const bits = 8 * key.secret.length;
    if (bits < STRONG_BITS)
      warnings.push(`line ${number}: key ${key.id} has only ${bits} bits; ${STRONG_BITS} or more resist guessing`);
  }
  return { keys, warnings };
}

function looksLikeChrony(line: string): boolean {
  if (/^[!;%]/.test(line)) return true;
  const fields = line.replace(/^#.*/, '').split(/\s+/);
  return fields.length === 2 || /^(HEX|ASCII):/.test(fields[2] ?? '') || Number(fields[0]) > NTP_KEY_ID_MAX;
}

function parseKey(line: string, number: number, form: KeyFileForm | null): SymmetricKey {
  const fields = (form === 'chrony' ? line : line.replace(/\s#.*/, '')).split(/\s+/);
  const [idText, second, third] = fields;
  const idMax = form === 'ntp' ? NTP_KEY_ID_MAX : KEY_ID_MAX;
  const id = /^\d+$/.test(idText as string) ? Number(idText) : 0;
  if (id < 1 || id > idMax) throw new KeyFileError(number, `the key id must be a number from 1 to ${idMax}`);
  if (second === undefined) throw new KeyFileError(number, `key ${id} is missing`);
  if (third === undefined && form === 'ntp') throw new KeyFileError(number, `key ${id}: expected "id type key"`);
  if (form === 'chrony' && fields.length > 3)
    throw new KeyFileError(number, `key ${id}: there is something after the key`);
  const type = third === undefined ? 'MD5' : second.toUpperCase();
  const algorithm = ALGORITHMS[type] ?? (form === 'ntp' && type.startsWith('M') ? 'md5' : undefined);
  if (algorithm === undefined) {
    throw new KeyFileError(
      number,
      `key ${id}: unknown type; known are MD5, SHA1, SHA256, SHA384, SHA512, SHA3-224, SHA3-256, SHA3-384, SHA3-512, AES128 and AES256`,
    );
  }
  const secret = parseSecret(third ?? second, id, number, form);
  const wanted = keyOctets(algorithm);
  if (wanted > 0 && secret.length !== wanted) {
    throw new KeyFileError(
      number,
      `key ${id}: ${type} needs a key of exactly ${wanted} octets, this one has ${secret.length}`,
    );
  }
  return { id, algorithm, secret };
}

function parseSecret(text: string, id: number, line: number, form: KeyFileForm | null): Uint8Array {
  if (form !== 'ntp') {
    if (text.startsWith('HEX:')) return fromHex(text.slice(4), id, line);
    if (text.startsWith('ASCII:')) return fromText(text.slice(6), id, line);
  }
  if (form === 'chrony' || text.length <= NTP_LITERAL_MAX) return fromText(text, id, line);
  if (form === null) {
    throw new KeyFileError(
      line,
      `key ${id} is text to chrony and hexadecimal to ntpd; say which form the file has, or write HEX: or ASCII: before the key`,
    );
  }
  return fromHex(text, id, line);
}

function fromHex(text: string, id: number, line: number): Uint8Array {
  if (!/^([\da-f]{2})+$/i.test(text))
    throw new KeyFileError(line, `key ${id} is not an even number of hexadecimal digits`);
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

function fromText(text: string, id: number, line: number): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new KeyFileError(line, `key ${id} has characters beyond printable ASCII, or none`);
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
