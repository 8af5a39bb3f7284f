#!/usr/bin/env node
import { CommanderError } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { program } from './verbs.ts';

/** Commander has printed its message already; ours is one line. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof OperatorError) {
    console.error(`ntpd-ts: ${error.message}`);
    return error.exitCode;
  }
  if (/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? '')) {
    return exitCodeOf(
      new OperatorError(
        'too-few-descriptors',
        'too few file descriptors; raise "ulimit -n" (LimitNOFILE= of the unit)',
      ),
    );
  }
  console.error('ntpd-ts: a fault of the program itself:', error);
  return EXIT.software;
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
