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
      'lock-memory': { kind: 'boolean', default: false, doc: 'Keep all memory resident (needs CAP_IPC_LOCK).' },
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
  server: {
    repeated: true,
    doc: 'An address that time is served on. With no such table nothing is served.',
    options: {
      listen: {
        kind: 'endpoint',
        required: true,
        doc: 'Address and port to serve on: "0.0.0.0:123", "[::]:123", "192.0.2.1:123", "[fe80::1%eth0]:123".',
        example: '[::]:123',
      },
      'stale-limit': {
        kind: 'number',
        min: 0.001,
        max: 60,
        default: 1,
        unit: 'seconds',
        doc: 'A request that waited longer than this is dropped, because its client has given up.',
      },
      timestamping: {
        kind: 'choice',
        choices: ['none', 'kernel', 'hardware'],
        default: 'kernel',
        doc: 'Where packets are stamped; "none" is the daemon itself, "hardware" falls back to the kernel, with a report, where the card cannot.',
      },
      'receive-buffer': {
        kind: 'integer',
        min: 0,
        max: 1_073_741_824,
        default: 0,
        unit: 'octets',
        doc: 'Receive buffer of each socket; 0 holds about 20 ms of what a worker can answer.',
      },
      freebind: {
        kind: 'boolean',
        default: false,
        doc: 'Listen on an address that this machine does not have yet (anycast and failover addresses).',
      },
      interface: { kind: 'text', doc: 'Serve only on this network interface.', example: 'eth0' },
      dscp: { kind: 'integer', min: 0, max: 63, default: 0, doc: 'Differentiated services code point of the replies.' },
      'accept-ntp-versions': {
        kind: 'integers',
        min: 1,
        max: 4,
        default: [1, 2, 3, 4],
        doc: 'NTP versions that are answered.',
      },
      allowlist: {
        kind: 'access-list',
        doc: 'Who may ask; anyone else is ignored or told so with a DENY kiss. Left out: everyone.',
        example: { filter: ['192.0.2.0/24', '2001:db8::/32'], action: 'ignore' },
      },
      denylist: {
        kind: 'access-list',
        doc: 'Who may not ask, also where the allowlist has them.',
        example: { filter: ['198.51.100.0/24'], action: 'ignore' },
      },
      interleaved: {
        kind: 'boolean',
        default: true,
        doc: 'Give clients that ask for it the true transmit stamps of earlier replies (RFC 9769).',
      },
      steering: {
        kind: 'choice',
        choices: ['address', 'flow'],
        default: 'address',
        doc: "What decides which worker answers: the client's address, or address and port, for many clients behind one translated address.",
      },
      smear: {
        kind: 'choice',
        choices: ['none', 'linear-24h-noon', 'slew'],
        default: 'none',
        doc: 'Hide leap seconds: from noon to noon UTC around them at 11.6 ppm, as Google and AWS do, or slewed within 62,500 s after them. Wants a leap-file, so that a restart within the smear knows of it.',
      },
      'crypto-nak': {
        kind: 'boolean',
        default: false,
        doc: 'Tell clients whose key is unknown or whose MAC is wrong so, instead of not answering.',
      },
      'rate-limiting': {
        kind: 'boolean',
        default: true,
        doc: 'Limit how often clients may ask. Clients on loopback always may.',
      },
      'rate-limit-address': {
        kind: 'rate-limit',
        default: { rate: 32, burst: 256 },
        unit: 'requests per second',
        doc: 'Limit of one IPv4 address; many clients may stand behind it.',
      },
      'rate-limit-subnet': {
        kind: 'rate-limit',
        default: { rate: 8192, burst: 65_536 },
        unit: 'requests per second',
        doc: 'Limit of one IPv6 subnet (/64).',
      },
      'rate-limit-prefix': {
        kind: 'rate-limit',
        default: { rate: 8192, burst: 65_536 },
        unit: 'requests per second',
        doc: 'Limit of one prefix of rate-limit-ipv4-prefix or rate-limit-ipv6-prefix, over all workers.',
      },
      'rate-limit-ipv4-prefix': {
        kind: 'integer',
        min: 8,
        max: 32,
        default: 24,
        unit: 'bits',
        doc: 'Length of the IPv4 prefixes that rate-limit-prefix is for.',
      },
      'rate-limit-ipv6-prefix': {
        kind: 'integer',
        min: 16,
        max: 64,
        default: 48,
        unit: 'bits',
        doc: 'Length of the IPv6 prefixes that rate-limit-prefix is for.',
      },
      'rate-limit-leak': {
        kind: 'integer',
        min: 0,
        max: 8,
        default: 2,
        doc: "One in 2^n of the requests beyond a limit is answered at random, so that nobody can be starved by forged ones, at most one more limit's worth; 0 is none.",
      },
      'rate-limit-kiss': {
        kind: 'integer',
        min: 0,
        max: 8,
        default: 0,
        doc: 'One in 2^n of the requests dropped for their rate gets a RATE kiss, at most 64 a second in all; 0 is none.',
      },
      overload: {
        kind: 'choice',
        choices: ['shed-unknown', 'equal'],
        default: 'shed-unknown',
        doc: 'Who waits when more is asked than can be answered: clients that were not here before or did not keep to their limits, or all alike. Needs rate-limiting, stamps by kernel or card, and CAP_BPF.',
      },
      'require-nts': { kind: 'unsupported', doc: 'Network Time Security' },
      'rate-limiting-cache-size': { kind: 'unsupported', doc: "ntpd-rs's rate limiter; see rate-limit-address" },
      'rate-limiting-cutoff-ms': { kind: 'unsupported', doc: "ntpd-rs's rate limiter; see rate-limit-address" },
    },
  },
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
        doc: 'A later step beyond this ends the program, the clock untouched. A number, "inf", or { forward, backward }.',
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
      'leap-file': {
        kind: 'path',
        doc: 'A leap-seconds.list; it outranks what sources announce. Read again by a reload.',
        example: '/usr/share/zoneinfo/leap-seconds.list',
      },
      'measurements-log': {
        kind: 'path',
        doc: 'JSON lines: every measurement.',
        example: '/var/log/ntpd-ts/measurements.log',
      },
      'statistics-log': {
        kind: 'path',
        doc: 'JSON lines: what each measurement did to its source.',
        example: '/var/log/ntpd-ts/statistics.log',
      },
      'tracking-log': {
        kind: 'path',
        doc: 'JSON lines: every update of the clock.',
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
