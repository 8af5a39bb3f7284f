import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { STA_INSERT, STA_PLL } from '../../src/native/timex.ts';
import { isUnsynchronised, kernelState, leavePllAtWork, moveClock } from './kernel-state.ts';
import { DRIFT_FILE, type Look, sleep, type World } from './world.ts';

const DAY_SECONDS = 86_400;
/** What the emulation lets be reached: its interrupts are late by more than those of hardware. */
const SETTLED_SECONDS = 20e-6;
const FREQUENCY_PPM = 50;
const FREQUENCY_PPM_TOLERANCE = 0.5;
/** How unlike the two ways of a packet may be here, which no estimate can know. */
const PATH_SECONDS = 10e-6;
/** The kernel's bound against a clock that is being corrected between two of its statements. */
const BOUND_SLACK_SECONDS = 2e-6;

/** The start: far off and 50 ppm slow, with a PLL at work that somebody left behind. */
export async function checkStart(world: World): Promise<void> {
  leavePllAtWork();
  const found = world.look();
  world.note(`found ${seconds(found.errorSeconds)} off`);
  await world.start();
  const taken = kernelState();
  world.check('the kernel says that its clock is not synchronised before the first selection', isUnsynchronised(taken));
  world.check(
    "the kernel's own PLL is off and has nothing left to do",
    (taken.status & STA_PLL) === 0 && taken.offset === 0,
  );

  const stepSeconds = await world.until(() => Math.abs(world.truth.systemError()) < 0.1, 20);
  world.check(`a step at the start: within 0.1 s of the truth after ${stepSeconds.toFixed(1)} s`, stepSeconds < 20);
  await world.until(() => !world.look().isUnsynchronised, 20);
  world.check('the kernel says that its clock is synchronised', !world.look().isUnsynchronised);
  const { synchronization } = await world.status();
  world.check('one step has been made', synchronization?.clock.steps === 1);

  const looks: Look[] = [];
  for (let minute = 1; minute <= 6; minute++) {
    looks.push(...(await world.watch(60)));
    noteMinute(world, looks.slice(-60), `minute ${minute}`);
  }
  const { frequencyPpm, tickUs } = kernelState();
  const off = frequencyPpm + (tickUs - 10_000) * 100 - FREQUENCY_PPM;
  world.check(`the frequency is learnt: ${frequencyPpm.toFixed(3)} ppm`, Math.abs(off) < FREQUENCY_PPM_TOLERANCE);
  checkSettled(world, looks.slice(-60));
  checkBound(world, looks);
}

/** Somebody sets the clock by more than may be slewed. */
export async function checkHandSet(world: World): Promise<void> {
  world.takeLog();
  const { synchronization } = await world.status();
  const stepsBefore = synchronization?.clock.steps ?? 0;
  const unix = Number(execFileSync('/bin/busybox', ['date', '+%s']));
  execFileSync('/bin/busybox', ['date', '-s', `@${unix + 5}`]);
  const setBy = world.truth.systemError();
  world.note(`date -s: ${seconds(setBy)} off`);
  await sleep(1);
  world.check('a clock set by hand is noticed within a second', /foreign-step/.test(world.takeLog()));
  const backSeconds = await world.until(() => Math.abs(world.truth.systemError()) < 1e-3, 90);
  world.check(
    `it is stepped back after ${backSeconds.toFixed(0)} s, at least 30`,
    backSeconds > 28 && backSeconds < 90,
  );
  const after = await world.status();
  world.check('by one step', after.synchronization?.clock.steps === stepsBefore + 1);
  const looks = await world.watch(30);
  checkSettled(world, looks);
  checkBound(world, looks);
}

/** Somebody sets the clock by less than is stepped. */
export async function checkSlew(world: World): Promise<void> {
  const { synchronization } = await world.status();
  world.takeLog();
  moveClock(0.02);
  await sleep(1);
  world.check('so is one set by 20 ms', /foreign-step/.test(world.takeLog()));
  const looks: Look[] = [];
  const backSeconds = await world.until(() => {
    looks.push(world.look());
    return Math.abs(world.truth.systemError()) < SETTLED_SECONDS;
  }, 240);
  world.check(`it is slewed back within ${backSeconds.toFixed(0)} s`, backSeconds < 240);
  const rates = looks.slice(1).map((look, i) => {
    const before = looks[i] as Look;
    return (look.errorSeconds - before.errorSeconds) / (look.atSeconds - before.atSeconds);
  });
  const fastest = Math.max(...rates.map(Math.abs));
  world.check(`no faster than max-slew-rate: ${(fastest * 1e6).toFixed(0)} ppm`, fastest < 560e-6);
  const after = await world.status();
  world.check('without a step', after.synchronization?.clock.steps === synchronization?.clock.steps);
  checkBound(world, looks);
}

/** The last minute of a December: a second is inserted. */
export async function checkLeap(world: World): Promise<void> {
  const { truth } = world;
  const midnight = Math.ceil(truth.now() / DAY_SECONDS) * DAY_SECONDS;
  world.note(`${(midnight - truth.now()).toFixed(0)} s before midnight`);
  truth.insertLeap(midnight);
  const armedSeconds = await world.until(() => (kernelState().status & STA_INSERT) !== 0, 60);
  const armed = kernelState();
  world.check(
    `the kernel is told to insert a second (STA_INS, TIME_INS) after ${armedSeconds.toFixed(0)} s`,
    (armed.status & STA_INSERT) !== 0 && (armed.state === 1 || armed.state === 0) && !isUnsynchronised(armed),
  );
  world.check('the replies announce it', (await world.askLeap()) === 1);
  await world.until(() => truth.now() > midnight - 4, DAY_SECONDS);
  world.check('the kernel waits for it (TIME_INS)', kernelState().state === 1);

  // Counted from the moment at which the inserted second begins; the truth repeats it.
  const begins = midnight - truth.now();
  const watched = process.hrtime.bigint();
  const leaps: { at: number; leap: number | null; state: number; error: number }[] = [];
  for (let at = -begins; at < 8; at = Number(process.hrtime.bigint() - watched) / 1e9 - begins) {
    leaps.push({ at, leap: await world.askLeap(), state: kernelState().state, error: truth.systemError() });
    await sleep(0.1);
  }
  const saidIn = (from: number, to: number): Set<number | null> =>
    new Set(leaps.filter(({ at }) => at > from && at < to).map(({ leap }) => leap));
  const isOnly = (said: Set<number | null>, leap: number): boolean => said.size === 1 && said.has(leap);
  world.check('the replies say leap 1 until a second before it', isOnly(saidIn(-4, -1.15), 1));
  // A request that was stamped before the kernel did it and is read afterwards gets no answer.
  const unlike = leaps.filter(({ at, leap }) => at > -0.85 && at < 1.85 && leap !== 3);
  for (const { at, leap } of unlike) world.note(`${at.toFixed(3)} s from it: ${leap === null ? 'no answer' : leap}`);
  const isWithheld = unlike.every(({ at, leap }) => leap === null && at > -0.3 && at < 0.3);
  world.check('leap 3 within a second of it', isWithheld && unlike.length <= 2);
  world.check('leap 0 afterwards', isOnly(saidIn(2.15, 8), 0));
  world.check(
    'the kernel went through it (TIME_OOP)',
    leaps.some(({ state }) => state === 3),
  );
  const worst = Math.max(...leaps.filter(({ at }) => at > 0.3).map(({ error }) => Math.abs(error)));
  world.check(`the clock is right from there on: within ${seconds(worst)}`, worst < 1e-3);

  world.takeLog();
  const looks = await world.watch(60);
  const after = kernelState();
  world.check(
    'the kernel has no leap second left (flags clean, TIME_OK)',
    (after.status & 0x30) === 0 && after.state === 0,
  );
  world.check('nobody thinks that the clock was set by hand', !/foreign-step|stepped/.test(world.takeLog()));
  checkSettled(world, looks.slice(-30));
  checkBound(world, looks);
}

/** The end by SIGTERM. */
export async function checkExit(world: World): Promise<void> {
  const code = await world.stop();
  world.check(`SIGTERM ends it with exit code 0 (${code})`, code === 0);
  const left = kernelState();
  world.check(
    `the kernel is left without PLL and leap flags, at the learnt frequency: status ${left.status}, ${left.frequencyPpm.toFixed(3)} ppm, tick ${left.tickUs}`,
    (left.status & ~0x2040) === 0 &&
      left.tickUs === 10_000 &&
      Math.abs(left.frequencyPpm - FREQUENCY_PPM) < FREQUENCY_PPM_TOLERANCE,
  );
  const before = world.truth.systemError();
  await sleep(60);
  const moved = world.truth.systemError() - before;
  world.check(`it runs on true: ${seconds(moved)} in a minute`, Math.abs(moved) < 60 * FREQUENCY_PPM_TOLERANCE * 1e-6);
  checkBound(world, [world.look()]);
  const [ppm = Number.NaN] = readFileSync(DRIFT_FILE, 'utf8').split(' ').map(Number);
  world.check(
    `the drift file holds the frequency: ${ppm} ppm`,
    Math.abs(ppm - FREQUENCY_PPM) < FREQUENCY_PPM_TOLERANCE,
  );
}

function checkSettled(world: World, looks: readonly Look[]): void {
  const middle = median(looks.map(({ errorSeconds }) => Math.abs(errorSeconds)));
  world.check(`the clock is right: median |error| ${seconds(middle)}`, middle < SETTLED_SECONDS);
}

/** What the kernel states must be true at every look. */
function checkBound(world: World, looks: readonly Look[]): void {
  const vouched = looks.filter((look) => !look.isUnsynchronised);
  const wrong = vouched.filter((l) => Math.abs(l.errorSeconds) > l.maximumErrorSeconds + BOUND_SLACK_SECONDS);
  for (const { errorSeconds, maximumErrorSeconds } of wrong.slice(0, 3)) {
    world.note(`${seconds(errorSeconds)} off where at most ${seconds(maximumErrorSeconds)} is stated`);
  }
  world.check(`maxerror held at each of ${vouched.length} looks`, vouched.length > 0 && wrong.length === 0);
  const within = vouched.filter((l) => Math.abs(l.errorSeconds) <= 2 * l.estimatedErrorSeconds + PATH_SECONDS);
  world.check(`two esterror at ${within.length} of them`, within.length >= 0.93 * vouched.length);
}

function noteMinute(world: World, looks: readonly Look[], when: string): void {
  const errors = looks.map(({ errorSeconds }) => Math.abs(errorSeconds));
  const last = looks.at(-1) as Look;
  world.note(
    `${when}: |error| median ${seconds(median(errors))}, max ${seconds(Math.max(...errors))}; ` +
      `esterror ${seconds(last.estimatedErrorSeconds)}, maxerror ${seconds(last.maximumErrorSeconds)}, ` +
      `frequency ${kernelState().frequencyPpm.toFixed(3)} ppm`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(value: number): string {
  const size = Math.abs(value);
  if (size < 1e-3) return `${(value * 1e6).toFixed(1)} µs`;
  return size < 1 ? `${(value * 1e3).toFixed(3)} ms` : `${value.toFixed(3)} s`;
}
