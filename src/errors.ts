/** How the program can fail and what each failure exits with: the only list of both. */

/** Exit codes: those of sysexits.h, except that 70 is the clock's panic alone, after which the daemon stays down. */
export const EXIT = {
  ok: 0,
  fault: 2,
  usage: 64,
  data: 65,
  unavailable: 69,
  panic: 70,
  permission: 77,
  config: 78,
} as const;

/** Every failure an operator can meet: its exit code and what it means. The reference page is made from this. */
export const ERRORS = {
  usage: { exit: 'usage', doc: 'An argument of the command line is missing, unknown or not understood.' },
  'config-unreadable': { exit: 'config', doc: 'The configuration file is not there or may not be read.' },
  'config-syntax': { exit: 'config', doc: 'The configuration file is not TOML.' },
  'config-unknown-key': { exit: 'config', doc: 'The configuration has a key or table that nothing reads.' },
  'config-missing-key': { exit: 'config', doc: 'A key that has no default is not given.' },
  'config-bad-value': { exit: 'config', doc: 'A value is of the wrong kind or outside its limits.' },
  'config-not-supported': {
    exit: 'config',
    doc: 'The configuration asks for something that another daemon does and this one does not.',
  },
  'key-file': {
    exit: 'config',
    doc: 'The key file cannot be read, others can read it, or it has a line that is wrong.',
  },
  'config-conflict': { exit: 'config', doc: 'Two settings contradict each other.' },
  'listen-busy': { exit: 'unavailable', doc: 'Another program holds the address and port of a listener.' },
  'listen-permission': { exit: 'permission', doc: 'A port or a socket option needs a capability that is missing.' },
  'listen-no-address': { exit: 'config', doc: 'The address of a listener belongs to no interface of this machine.' },
  'listen-no-interface': { exit: 'config', doc: 'A named network interface does not exist.' },
  'too-few-descriptors': { exit: 'unavailable', doc: 'The limit on open files is too low.' },
  'listen-failed': { exit: 'unavailable', doc: 'A listener could not be opened for another reason.' },
  'worker-core': { exit: 'config', doc: 'A worker is to be pinned to a core that does not exist or is not ours.' },
  'worker-permission': {
    exit: 'permission',
    doc: 'Locking memory or a real-time priority needs a missing capability.',
  },
  'clock-permission': { exit: 'permission', doc: 'Setting the system clock needs CAP_SYS_TIME.' },
  'clock-panic': { exit: 'panic', doc: 'The time would have to be stepped further than the limits allow.' },
  'name-not-found': { exit: 'unavailable', doc: 'A host name has no address.' },
  'no-answer': { exit: 'unavailable', doc: 'The server asked did not answer.' },
  'daemon-not-running': { exit: 'unavailable', doc: 'Nothing answers on the control socket.' },
  'control-permission': { exit: 'permission', doc: 'The control socket may not be used by this user.' },
  'control-refused': { exit: 'data', doc: 'The daemon refused what was asked of it.' },
  'not-synchronised': { exit: 'unavailable', doc: 'The clock did not become synchronised in the time given.' },
  'load-interface': { exit: 'unavailable', doc: 'The interface to send load from does not exist or cannot be used.' },
  'load-unreachable': { exit: 'unavailable', doc: 'There is no route to the target, or its next hop does not answer.' },
  'load-permission': { exit: 'permission', doc: 'The raw engine needs capabilities that are missing.' },
  'load-not-yours': { exit: 'usage', doc: 'The load would reach strangers, and nobody said that it may.' },
  'load-not-kept': { exit: 'unavailable', doc: 'The generator could not keep the rate, so nothing was measured.' },
  'load-output': { exit: 'unavailable', doc: 'A report could not be written.' },
  'simulate-picture': { exit: 'unavailable', doc: 'The picture of a simulation could not be written.' },
  'load-results': { exit: 'data', doc: 'A file of results is unreadable, or of another version.' },
  internal: { exit: 'fault', doc: 'A fault of the program itself; please report it.' },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a cause that the operator can act on: one line that names the cause and the way out. */
export class OperatorError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OperatorError';
    this.code = code;
  }

  get exitCode(): number {
    return EXIT[ERRORS[this.code].exit];
  }
}
