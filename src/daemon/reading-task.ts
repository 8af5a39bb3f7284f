import { type ErrorCode, OperatorError } from '../errors.ts';
import { type Reading, readEverything } from './reading.ts';
import type { ServeFlags } from './settings.ts';

/** What the thread answers: an error would lose its code on the way. */
export type ReadingResult = { readonly reading: Reading } | { readonly refused: [ErrorCode, string] };

/** The entry of the thread that reads the configuration again. */
export default function read(flags: ServeFlags): ReadingResult {
  try {
    return { reading: readEverything(flags) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { refused: [error.code, error.message] };
  }
}
