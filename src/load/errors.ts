/** What can be wrong with what the operator asked for, as a sysexits code and one sentence. */

const EXIT_CODES = { usage: 64, data: 65, unavailable: 69, software: 70, permission: 77 } as const;

export type LoadErrorKind = keyof typeof EXIT_CODES;

export class LoadError extends Error {
  readonly kind: LoadErrorKind;

  constructor(kind: LoadErrorKind, message: string) {
    super(message);
    this.name = 'LoadError';
    this.kind = kind;
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}
