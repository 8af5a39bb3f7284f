import { isIP } from 'node:net';
import * as z from 'zod';
import type { AccessFilter } from '../core/server/access.ts';
import { limitOf } from '../core/server/bucket-table.ts';
import { parseIpPrefix } from '../core/server/ip-prefix.ts';
import { refidFromIpv4, refidFromName } from '../protocol/refid.ts';
import { canonicalAddress } from './address.ts';
import type { Option } from './options.ts';

/** A numeric address with a port; `scope` is the zone of a link-local IPv6 address. */
export interface Endpoint {
  readonly address: string;
  readonly scope: string | null;
  readonly port: number;
}

/** A name or a numeric address, with a port. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

/** Limits on a step, in seconds; Infinity is no limit. */
export interface StepLimit {
  readonly forward: number;
  readonly backward: number;
}

export interface PollLimits {
  readonly min: number;
  readonly max: number;
}

/** Requests per second, and how many may come at once after a pause. */
export interface RateLimit {
  readonly rate: number;
  readonly burst: number;
}

/** What each kind of option is once it is read. */
export interface KindValues {
  readonly boolean: boolean;
  readonly integer: number;
  readonly integers: readonly number[];
  readonly number: number;
  readonly text: string;
  readonly path: string;
  readonly address: string;
  readonly addresses: readonly string[];
  readonly endpoint: Endpoint;
  readonly host: Host;
  readonly 'poll-limits': PollLimits;
  readonly 'step-limit': StepLimit;
  /** Four octets as one unsigned word. */
  readonly 'reference-id': number;
  readonly algorithm: { readonly stepThreshold: number | null };
  readonly 'access-list': AccessFilter;
  readonly 'rate-limit': RateLimit;
  readonly unsupported: null;
}

const NTP_PORT = 123;

/** Marks an issue as "known, but not done here" so that it gets a code of its own. */
const NOT_SUPPORTED: { readonly notSupported: true } = { notSupported: true };

/** What a value of this option must look like, for messages and the reference page. */
export function expectation(option: Option): string {
  const unit = option.unit === undefined ? '' : ` (${option.unit})`;
  const limits = option.min === undefined ? '' : ` from ${option.min} to ${option.max}`;
  switch (option.kind) {
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${limits}${unit}`;
    case 'integers':
      return `a list of whole numbers${limits}`;
    case 'number':
      return `a number${limits}${unit}`;
    case 'choice':
      return `one of ${(option.choices ?? []).map((choice) => `"${choice}"`).join(', ')}`;
    case 'path':
      return 'an absolute path';
    case 'address':
      return 'an IPv4 or IPv6 address';
    case 'addresses':
      return 'a list of IPv4 and IPv6 addresses';
    case 'endpoint':
      return 'an address and a port, such as "192.0.2.1:123" or "[2001:db8::1]:123"';
    case 'host':
      return 'a name or an address, with an optional port, such as "ntp.example.org" or "[2001:db8::1]:123"';
    case 'poll-limits':
      return 'a table such as { min = 4, max = 10 }, both from 0 to 17, min not above max';
    case 'step-limit':
      return 'a number of seconds, "inf", or a table such as { forward = "inf", backward = 86400 }';
    case 'reference-id':
      return 'up to four printable ASCII characters, or an IPv4 address';
    case 'algorithm':
      return 'a table';
    case 'text':
      return 'a text that is not empty';
    case 'access-list':
      return 'a table such as { filter = ["192.0.2.0/24", "2001:db8::/32"], action = "ignore" }, the action "ignore" or "deny"';
    case 'rate-limit':
      return 'a table such as { rate = 32, burst = 256 }, refilling within 512 s, at most 1048576 a second';
    default:
      return 'nothing';
  }
}

/**
 * Reads "ADDRESS:PORT"; the port may be left out when `portDefault` is given. Null when it is neither. However it was
 * spelled, the address is as `canonicalAddress` has it, so that one endpoint is one.
 */
export function parseEndpoint(text: string, portDefault?: number): Endpoint | null {
  const split = splitPort(text, portDefault);
  if (split === null) return null;
  const [spelled = '', scope = null, ...rest] = split.host.split('%');
  if (rest.length > 0 || scope === '' || isIP(spelled) === 0) return null;
  const address = canonicalAddress(spelled);
  if (scope !== null && isIP(address) !== 6) return null;
  return { address, scope, port: split.port };
}

/** Reads "NAME[:PORT]", "ADDRESS[:PORT]", "[IPV6]:PORT" or a bare IPv6 address. Null when it is none of them. */
export function parseHost(text: string): Host | null {
  const split = splitPort(text, NTP_PORT);
  if (split === null) return null;
  const numeric = isIP(split.host.split('%')[0] ?? '') !== 0;
  if (!numeric && !/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(split.host)) return null;
  if (!numeric && /^[\d.]+$/.test(split.host)) return null; // a misspelt IPv4 address, not a name
  return split.host.length <= 253 ? split : null;
}

function splitPort(text: string, portDefault: number | undefined): Host | null {
  const bare = isIP(text.split('%')[0] ?? '') !== 0;
  const match = bare ? null : /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  if (!bare && match === null) return null;
  const host = bare ? text : (match?.[1] ?? match?.[2] ?? '');
  if (match?.[1] !== undefined && isIP(host.split('%')[0] ?? '') !== 6) return null;
  const port = match?.[3] === undefined ? portDefault : Number(match[3]);
  return port === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/** Reads a reference identifier: four octets as one word, letters left-justified (RFC 5905 §7.3). */
export function parseReferenceId(text: string): number | null {
  if (isIP(text) === 4) return refidFromIpv4(text);
  return /^[\x21-\x7e]{1,4}$/.test(text) ? refidFromName(text) : null;
}

/** A text that `parse` understands; anything else is one issue saying what was expected. */
function parsed<T>(expected: string, parse: (text: string) => T | null): z.ZodType<T> {
  return z.string(expected).transform((text, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** Refuses whatever is given, because `what` is known from other daemons and not done here. */
export function unsupported(what: string): z.ZodType {
  return z.any().superRefine((_value, context) => {
    context.addIssue({ code: 'custom', message: what, params: NOT_SUPPORTED });
  });
}

const prefix = z.string('an address or a prefix').superRefine((text, context) => {
  try {
    parseIpPrefix(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `an address or a prefix: ${(error as RangeError).message}` });
  }
});

/** Whether a rate limiter can hold a source to this. */
function isTellable(rate: number, burst: number): boolean {
  try {
    limitOf(rate, burst);
    return true;
  } catch {
    return false;
  }
}

/** TOML's own inf means what the word in quotes does. */
const stepSeconds = z.preprocess(
  (value) => (value === Number.POSITIVE_INFINITY ? 'inf' : value),
  z.union([z.number().min(0), z.literal('inf').transform(() => Number.POSITIVE_INFINITY)]),
);
const pollExponent = z.int().min(0).max(17);

/** The validator of one option; every issue's message is what was expected instead. */
export function validator(option: Option): z.ZodType {
  const expected = expectation(option);
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = option;
  const integer = z.int(expected).min(min, expected).max(max, expected);
  switch (option.kind) {
    case 'boolean':
      return z.boolean(expected);
    case 'integer':
      return integer;
    case 'integers':
      return z.array(integer, expected);
    case 'number':
      return z.number(expected).min(min, expected).max(max, expected);
    case 'choice':
      return z.string(expected).superRefine((text, context) => {
        if (option.choices?.includes(text)) return;
        const known = option.unsupported?.includes(text) ?? false;
        context.addIssue({ code: 'custom', message: expected, params: known ? NOT_SUPPORTED : {} });
      });
    case 'path':
      return z.string(expected).startsWith('/', expected);
    case 'address':
      return parsed(expected, (text) => (isIP(text) === 0 ? null : text));
    case 'addresses':
      return z.array(
        parsed(expected, (text) => (isIP(text) === 0 ? null : canonicalAddress(text))),
        expected,
      );
    case 'endpoint':
      return parsed(expected, parseEndpoint);
    case 'host':
      return parsed(expected, parseHost);
    case 'poll-limits':
      return z
        .strictObject({ min: pollExponent, max: pollExponent }, expected)
        .refine(({ min, max }) => min <= max, expected);
    case 'step-limit':
      return z.union(
        [
          stepSeconds.transform((seconds) => ({ forward: seconds, backward: seconds })),
          // A direction that is left out has no limit, as in ntpd-rs.
          z.strictObject({
            forward: stepSeconds.default(Number.POSITIVE_INFINITY),
            backward: stepSeconds.default(Number.POSITIVE_INFINITY),
          }),
        ],
        expected,
      );
    case 'reference-id':
      return parsed(expected, parseReferenceId);
    case 'algorithm':
      return z
        .strictObject({ 'step-threshold': z.number('a number of seconds').min(0, 'a number of seconds').optional() })
        .transform((table) => ({ stepThreshold: table['step-threshold'] ?? null }));
    case 'text':
      return z.string(expected).min(1, expected);
    case 'access-list':
      return z.strictObject(
        { filter: z.array(prefix, expected), action: z.enum(['ignore', 'deny'], expected) },
        expected,
      );
    case 'rate-limit':
      return z
        .strictObject(
          { rate: z.number(expected).positive(expected), burst: z.int(expected).min(1, expected) },
          expected,
        )
        .refine(({ rate, burst }) => isTellable(rate, burst), expected);
    case 'unsupported':
      return unsupported(option.doc);
    default:
      throw new Error(`option of unknown kind "${option.kind}"`);
  }
}
