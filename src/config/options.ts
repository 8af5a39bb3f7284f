import { SERVER_SECTION } from './server-options.ts';

/**
 * Every option of the configuration, once. Types, defaults, validation, the annotated example and the reference
 * pages are derived from this table. Where ntpd-rs has a key that means the same, ours has its name.
 *
 * `default` is written as it would stand in the file; an option without one that is not `required` is null when
 * left out. `kind` names a parser in `kinds.ts`.
 */

export const SECTIONS = {
  observability: {
    repeated: false,
    doc: 'Logs and the socket through which the daemon is watched and commanded.',
    options: {
      'log-level': {
        kind: 'choice',
        choices: ['trace', 'debug', 'info', 'warn', 'error', 'off'],
        default: 'info',
        doc: 'The least serious messages that are still logged.',
      },
      'observation-path': {
        kind: 'path',
        doc: 'Unix socket of `ntpd-ts status` and the other control verbs. Left out, it is control.sock in $RUNTIME_DIRECTORY, else in /run/ntpd-ts for root, else in $XDG_RUNTIME_DIR.',
        example: '/run/ntpd-ts/control.sock',
      },
      'observation-permissions': {
        kind: 'integer',
        min: 0,
        max: 0o777,
        default: 0o660,
        doc: 'File mode of the control socket (write it with the prefix 0o). Whoever may write to it may command the daemon.',
      },
      'ansi-colors': {
        kind: 'boolean',
        doc: 'Whether logs are coloured. Left out, they are when they go to a terminal.',
        example: true,
      },
      'metrics-exporter-listen': { kind: 'unsupported', doc: 'metrics over HTTP' },
    },
  },
  workers: {
    repeated: false,
    doc: 'The threads that answer requests.',
    options: {
      count: {
        kind: 'integer',
        min: 0,
        max: 256,
        default: 0,
        unit: 'threads',
        doc: 'Serving threads; 0 is one per available core.',
      },
      'cpu-affinity': {
        kind: 'integers',
        min: 0,
        max: 4095,
        default: [],
        doc: 'Cores to pin the workers to, in turn; empty leaves the choice to the kernel.',
        example: [0, 1],
      },
      'interleaved-replies': {
        kind: 'integer',
        min: 1024,
        max: 67_108_864,
        default: 2_097_152,
        doc: 'Replies that each worker remembers for interleaved mode, 24 octets each, rounded up to a power of two.',
      },
      'lock-memory': {
        kind: 'boolean',
        default: false,
        doc: 'Keep code and the memory of the packet path resident (needs CAP_IPC_LOCK).',
      },
      'correct-transmit': {
        kind: 'boolean',
        default: true,
        doc: 'Correct transmit stamps by what the kernel reports about when packets really leave.',
      },
      priority: {
        kind: 'integer',
        min: 0,
        max: 99,
        default: 0,
        doc: 'Real-time priority of the workers (needs CAP_SYS_NICE); 0 is the ordinary scheduler.',
      },
    },
  },
  keys: {
    repeated: false,
    doc: 'Symmetric keys (RFC 5905, RFC 8573) that requests may be authenticated with.',
    options: {
      file: {
        kind: 'path',
        doc: 'A key file of chrony or ntpd; nobody else may be able to read it. Left out: no keys.',
        example: '/etc/ntpd-ts/keys',
      },
      format: {
        kind: 'choice',
        choices: ['chrony', 'ntp'],
        doc: 'Whose form the file has, if that makes a difference: a long key without HEX: or ASCII: is text to chrony and hexadecimal to ntpd.',
        example: 'chrony',
      },
    },
  },
  server: SERVER_SECTION as typeof SERVER_SECTION,
  'source-defaults': {
    repeated: false,
    doc: 'What holds for every source that does not say otherwise.',
    options: {
      'poll-interval-limits': {
        kind: 'poll-limits',
        default: { min: 4, max: 10 },
        doc: 'Shortest and longest interval between two requests to a source, as powers of two in seconds.',
      },
      'initial-poll-interval': {
        kind: 'integer',
        min: 0,
        max: 17,
        unit: 'log2 seconds',
        doc: 'Interval between requests to begin with, as a power of two in seconds. Left out: the lower limit.',
        example: 4,
      },
    },
  },
  source: {
    repeated: true,
    doc: 'A server, or a pool of servers, to take time from.',
    options: {
      mode: {
        kind: 'choice',
        choices: ['server', 'pool'],
        unsupported: ['nts', 'nts-pool', 'sock', 'pps', 'csptp'],
        required: true,
        doc: '"server" follows one server; "pool" follows several of the addresses that the name has.',
        example: 'pool',
      },
      address: {
        kind: 'host',
        required: true,
        doc: 'Name or address, with a port after a colon if it is not 123.',
        example: 'pool.ntp.org',
      },
      count: { kind: 'integer', min: 1, max: 64, default: 4, doc: 'Servers to take from a pool.' },
      ignore: { kind: 'addresses', default: [], doc: 'Addresses of a pool that are never used.' },
      'poll-interval-limits': {
        kind: 'poll-limits',
        doc: 'Shortest and longest interval between two requests to a source, as powers of two in seconds. Left out: [source-defaults].',
        example: { min: 4, max: 10 },
      },
      'initial-poll-interval': {
        kind: 'integer',
        min: 0,
        max: 17,
        unit: 'log2 seconds',
        doc: 'Interval between requests to begin with, as a power of two in seconds. Left out: [source-defaults].',
        example: 4,
      },
      'ntp-version': { kind: 'integer', min: 4, max: 4, default: 4, doc: 'NTP version of the requests.' },
      key: {
        kind: 'integer',
        min: 1,
        max: 4_294_967_295,
        doc: 'Number of the key in the key file of [keys] that requests and replies are authenticated with.',
        example: 10,
      },
      prefer: { kind: 'boolean', default: false, doc: 'Rather than others that agree with it, follow this one.' },
      trust: { kind: 'boolean', default: false, doc: 'Always true: sources that disagree with it are not selected.' },
      require: { kind: 'boolean', default: false, doc: 'Without this source being selectable there is no selection.' },
      noselect: { kind: 'boolean', default: false, doc: 'Only measure it.' },
      interleaved: { kind: 'boolean', default: true, doc: 'Use the interleaved mode where the server has it.' },
      'source-port': {
        kind: 'choice',
        choices: ['fresh', 'sticky'],
        default: 'fresh',
        doc: 'A new random port for every request, or one for the life of the association (paths that depend on ports).',
      },
      offset: {
        kind: 'number',
        min: -10,
        max: 10,
        default: 0,
        unit: 'seconds',
        doc: 'Correction added to every measured offset of the source.',
      },
      asymmetry: {
        kind: 'number',
        min: -0.5,
        max: 0.5,
        default: 0,
        doc: 'Share of the round trip by which the way there is longer than the way back, over two; 0 is symmetric.',
      },
      'max-delay': {
        kind: 'number',
        min: 0.000001,
        max: 100,
        default: 3,
        unit: 'seconds',
        doc: 'Measurements with a longer round trip are not used.',
      },
      'min-delay': {
        kind: 'number',
        min: 0,
        max: 100,
        default: 0,
        unit: 'seconds',
        doc: 'Measurements with a shorter round trip are not used.',
      },
      'max-stratum': {
        kind: 'integer',
        min: 1,
        max: 15,
        default: 15,
        doc: 'The source is not used above this stratum.',
      },
      'bind-address': { kind: 'address', doc: 'Local address to ask from.', example: '192.0.2.7' },
      'bind-interface': { kind: 'text', doc: 'Network interface to ask through.', example: 'eth0' },
      dscp: {
        kind: 'integer',
        min: 0,
        max: 63,
        default: 0,
        doc: 'Differentiated services code point of the requests.',
      },
      'certificate-authority': { kind: 'unsupported', doc: 'Network Time Security' },
      path: { kind: 'unsupported', doc: 'reference clocks' },
      precision: { kind: 'unsupported', doc: 'reference clocks' },
    },
  },
  synchronization: {
    repeated: false,
    doc: 'How time is made from the sources and given to the clock.',
    options: {
      clock: {
        kind: 'choice',
        choices: ['system', 'software', 'none'],
        default: 'system',
        doc: 'What is disciplined: the system clock, a clock of our own that is only served, or nothing at all.',
      },
      'minimum-agreeing-sources': {
        kind: 'integer',
        min: 1,
        max: 64,
        default: 3,
        doc: 'How many sources must agree before any is believed; they must also be a strict majority.',
      },
      'single-step-panic-threshold': {
        kind: 'step-limit',
        default: 1000,
        unit: 'seconds',
        doc: 'A later step beyond this ends the program, the clock untouched. A number, "inf", or { forward, backward }, where what is left out is "inf".',
      },
      'startup-step-panic-threshold': {
        kind: 'step-limit',
        default: { forward: 'inf', backward: 86_400 },
        unit: 'seconds',
        doc: 'Likewise for the first step after the start.',
      },
      'accumulated-step-panic-threshold': {
        kind: 'step-limit',
        default: 'inf',
        unit: 'seconds',
        doc: 'Likewise for the sum of all steps after the first; 0 is no limit.',
      },
      'step-threshold': {
        kind: 'number',
        min: 0,
        max: 1000,
        default: 0.5,
        unit: 'seconds',
        doc: 'A later correction above this is stepped, below it slewed. 0 never slews.',
      },
      'max-slew-rate': {
        kind: 'number',
        min: 0.1,
        max: 100_000,
        default: 500,
        unit: 'ppm',
        doc: 'Fastest rate at which a correction is slewed.',
      },
      'max-distance': {
        kind: 'number',
        min: 0.000001,
        max: 16,
        default: 1,
        unit: 'seconds',
        doc: 'Root distance beyond which a source is not used, and our own time is no longer served as synchronised.',
      },
      'local-stratum': {
        kind: 'integer',
        min: 1,
        max: 16,
        default: 16,
        doc: 'Stratum to serve the local clock with when there is no better time; 16 serves it as unsynchronised.',
      },
      'local-wait': {
        kind: 'number',
        min: 0,
        max: 86_400,
        default: 300,
        unit: 'seconds',
        doc: 'How long sources are waited for after the start before local-stratum holds.',
      },
      'reference-id': {
        kind: 'reference-id',
        default: '127.127.1.1',
        doc: 'Reference identifier of the local clock: up to four letters, or an IPv4 address.',
      },
      'drift-file': {
        kind: 'path',
        doc: 'Where the frequency of the clock is kept over a restart; beside it the state of the sources and of leap seconds. Left out: in $STATE_DIRECTORY, if there is one.',
        example: '/var/lib/ntpd-ts/drift',
      },
      'leap-mode': {
        kind: 'choice',
        choices: ['kernel', 'step', 'slew'],
        default: 'kernel',
        doc: 'Who does a leap second to the clock: the kernel ("software" has none, and is stepped), we by a step, or a slew at max-slew-rate from midnight on. What is served has it at midnight whichever it is.',
      },
      'leap-file': {
        kind: 'path',
        doc: 'A leap-seconds.list; it outranks what sources announce. Read again by a reload.',
        example: '/usr/share/zoneinfo/leap-seconds.list',
      },
      'measurements-log': {
        kind: 'path',
        doc: "JSON lines: every measurement with the columns of chrony's measurements log, and why it was not used if it was not.",
        example: '/var/log/ntpd-ts/measurements.log',
      },
      'statistics-log': {
        kind: 'path',
        doc: "JSON lines: what each measurement did to its source, with those columns of chrony's statistics log that mean something here.",
        example: '/var/log/ntpd-ts/statistics.log',
      },
      'tracking-log': {
        kind: 'path',
        doc: "JSON lines: every update of the clock with the columns of chrony's tracking log.",
        example: '/var/log/ntpd-ts/tracking.log',
      },
      algorithm: {
        kind: 'algorithm',
        doc: "ntpd-rs's place for step-threshold; its other settings tune a filter that is not ours.",
        example: { 'step-threshold': 0.5 },
      },
    },
  },
  keyset: { repeated: false, unsupported: true, doc: 'Network Time Security', options: {} },
  'nts-ke-server': { repeated: true, unsupported: true, doc: 'Network Time Security', options: {} },
} as const;

/** The same table for code that walks over it. */
export const ALL_SECTIONS: Readonly<Record<string, Section>> = SECTIONS;

/** An option as the table above declares it. */
export interface Option {
  readonly kind: string;
  readonly doc: string;
  readonly required?: boolean;
  readonly default?: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly choices?: readonly string[];
  /** Choices that other daemons have and this one does not. */
  readonly unsupported?: readonly string[];
  /** What the annotated example shows for an option without a default. */
  readonly example?: unknown;
}

export interface Section {
  readonly repeated: boolean;
  readonly doc: string;
  readonly unsupported?: boolean;
  readonly options: Readonly<Record<string, Option>>;
}
