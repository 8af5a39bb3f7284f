import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { returnFreedMemory } from '../native/malloc-tuning.ts';
import { BackgroundReader } from './background-reader.ts';
import { Daemon } from './daemon.ts';
import { giveWayInV8 } from './give-way.ts';
import { createLogger, type Logger } from './logger.ts';
import { resolveSettings, type ServeFlags } from './settings.ts';

/** `ntpd-ts serve`: runs the daemon in the foreground until SIGTERM or SIGINT. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('serve time; with no configuration the local clock on loopback port 11123, as an ordinary user')
    .option('--config <file>', 'configuration file')
    .option('--listen <address:port>', 'serve here instead of at the [[server]] tables; repeatable', collect)
    .option('--workers <n>', 'serving threads; 0 is one per core', integerBetween(0, 256))
    .option('--local-stratum <n>', 'serve the local clock at this stratum; 16 is none', integerBetween(1, 16))
    .addOption(new Option('--clock <mode>', 'the clock to discipline').choices(['system', 'software', 'none']))
    .action((flags: ServeFlags) => serve(flags));
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}

async function serve(flags: ServeFlags): Promise<void> {
  giveWayInV8();
  returnFreedMemory();
  const settings = resolveSettings(flags);
  const log = createLogger(settings.config.observability);
  endOnFault(log);
  let panic: (reason: string) => void = () => {};
  const panicked = new Promise<{ reason: string }>((resolve) => {
    panic = (reason) => resolve({ reason });
  });
  const daemon = new Daemon(settings, log, new BackgroundReader(flags), panic);
  const stopped = untilStopped().then((signal) => ({ signal }));
  const started = daemon.start();
  process.on('SIGHUP', () => void started.then(() => reload(daemon), ignore));
  // A start that fails ends here; one that takes long can be stopped.
  await Promise.race([started, stopped]);
  const end = await Promise.race([stopped, panicked]);
  if ('reason' in end) log.fatal(`ending, the clock untouched: ${end.reason}`);
  else log.info(end, 'stopping');
  await daemon.stop();
  if ('reason' in end) throw new OperatorError('clock-panic', end.reason);
  log.info('stopped');
}

/** Reads the configuration again; a bad one changes nothing, and the log says why. */
async function reload(daemon: Daemon): Promise<void> {
  try {
    await daemon.reload();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
}

/** A start that failed is told where it is awaited. */
function ignore(): void {}

/** Resolves with the signal that asks for the end. */
function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

/** A fault of our own ends the process at once, whatever the workers are doing; the service manager starts it again. */
function endOnFault(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault of the program itself; ending');
    process.exit(EXIT.fault);
  });
}
