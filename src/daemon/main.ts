#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { descriptorLimit, isForWantOfDescriptors, tooFewDescriptors } from './descriptors.ts';
import { program } from './verbs.ts';

// Read now: when it is needed there may be no descriptor left to read it with.
const limit = descriptorLimit();

/** Commander has printed its message already; ours is one line. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof OperatorError) {
    console.error(`ntpd-ts: ${error.message}`);
    return error.exitCode;
  }
  if (isForWantOfDescriptors(error, limit)) return exitCodeOf(tooFewDescriptors(error));
  console.error('ntpd-ts: a fault of the program itself:', error);
  return EXIT.fault;
}

// Whoever reads our output may stop reading it: "ntpd-ts status --watch | head".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

try {
  const argv = process.argv.slice(2);
  await (await program(argv)).parseAsync(argv, { from: 'user' });
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
