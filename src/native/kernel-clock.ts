import { getSystemErrorName } from 'node:util';
import type { ClockPort, LocalSeconds } from '../core/ports.ts';
import type { LocalTimescale } from './local-timescale.ts';
import {
  ADJ_ESTERROR,
  ADJ_FREQUENCY,
  ADJ_MAXERROR,
  ADJ_NANO,
  ADJ_OFFSET,
  ADJ_OFFSET_SINGLESHOT,
  ADJ_SETOFFSET,
  ADJ_STATUS,
  ADJ_TICK,
  STA_DELETE,
  STA_INSERT,
  STA_PLL,
  STA_UNSYNCHRONISED,
  TIMEX_ESTIMATED_ERROR,
  TIMEX_FREQUENCY,
  TIMEX_MAXIMUM_ERROR,
  TIMEX_MODES,
  TIMEX_STATUS,
  TIMEX_TICK,
  TIMEX_TIME_FRACTION,
  TIMEX_TIME_SECONDS,
  timexRow,
} from './timex.ts';

/** The system calls behind the port; a recorded fake in the tests. */
export interface KernelClockCalls {
  /** clock_adjtime with what the row's modes ask for; fills the row; the clock state or −errno. */
  adjust(row: Float64Array): number;
  /** clock_adjtime that changes nothing. */
  read(row: Float64Array): number;
}

/** What the kernel's clock was set to by whoever had it before. */
export interface KernelClockState {
  readonly frequencyPpm: number;
  readonly tickUs: number;
  readonly status: number;
  readonly maximumErrorSeconds: number;
}

const TICK_NOMINAL_US = 10_000;
/** One microsecond more per tick of 1/100 s, in ppm. */
const TICK_PPM = 100;
/** The kernel takes ticks of 9000 to 11000 µs; and what one unit of its frequency is at least, s/s. */
const RATE_MAX = 0.1;
const RATE_MIN = 1e-11;
/** What the frequency word can do by itself, ppm. */
const FREQUENCY_PPM_MAX = 500;
/** 2^-16 ppm per unit. */
const FREQUENCY_UNITS = 65_536;
/** The kernel's largest maxerror; beyond it is unsynchronised anyway. */
const ERROR_US_MAX = 16_000_000;

/**
 * The system clock under discipline: frequency through tick and freq, slews as a frequency for a while, steps
 * through ADJ_SETOFFSET. The kernel's own PLL stays off, so that nothing else moves the clock.
 *
 * `advance` ends a slew when it is due; its owner calls it at `nextChangeLocal`.
 */
export class KernelClock implements ClockPort {
  readonly canStep = true;
  readonly canSlew = true;
  /** tick reaches ±10 %; a part of it is left to the frequency itself. */
  readonly slewRateMax = 0.09;
  /** The kernel lets maxerror grow far faster than our bound does. */
  readonly errorsLastSeconds = 1;
  /** When `advance` has to be called; Infinity when nothing is being slewed. */
  nextChangeLocal: LocalSeconds = Number.POSITIVE_INFINITY;
  /** What was found at the start. */
  readonly found: KernelClockState;
  /** Sum of all steps made through this port, to be told from those of others. */
  steppedSeconds = 0;
  /** Grows whenever the rate of the clock is changed. */
  rateChanges = 0;
  private readonly timescale: LocalTimescale;
  private readonly calls: KernelClockCalls;
  private readonly row: Float64Array = timexRow();
  private frequency: number;
  private leapStatus = 0;
  private synchronised = false;
  /** What was last asked for, to notice when somebody else changed it. */
  private setUnits = 0;
  private setTickUs = TICK_NOMINAL_US;

  /**
   * Takes the clock over as it runs: same frequency, kernel PLL off, unsynchronised until told otherwise.
   *
   * @throws Error with `code` EPERM without CAP_SYS_TIME.
   */
  constructor(timescale: LocalTimescale, calls: KernelClockCalls) {
    this.timescale = timescale;
    this.calls = calls;
    check(calls.read(this.row));
    const at = (word: number): number => this.row[word] as number;
    this.found = {
      frequencyPpm: at(TIMEX_FREQUENCY) / FREQUENCY_UNITS,
      tickUs: at(TIMEX_TICK),
      status: at(TIMEX_STATUS),
      maximumErrorSeconds: at(TIMEX_MAXIMUM_ERROR) / 1e6,
    };
    this.endKernelSlews();
    this.frequency = (this.found.frequencyPpm + (this.found.tickUs - TICK_NOMINAL_US) * TICK_PPM) * 1e-6;
    this.setFrequency(this.frequency, ADJ_STATUS, (row) => {
      row[TIMEX_STATUS] = STA_UNSYNCHRONISED;
    });
  }

  /** Reads the clocks anew and carries the reading over to `nowLocal`. */
  readOffsetSeconds(nowLocal: LocalSeconds): number {
    const readLocal = this.timescale.sample();
    return this.timescale.systemOffset() + this.rate() * (nowLocal - readLocal);
  }

  step(_nowLocal: LocalSeconds, deltaSeconds: number, frequency: number): void {
    const whole = Math.floor(deltaSeconds);
    const ns = Math.round((deltaSeconds - whole) * 1e9);
    this.begin(ADJ_SETOFFSET | ADJ_NANO);
    this.row[TIMEX_TIME_SECONDS] = ns === 1e9 ? whole + 1 : whole;
    this.row[TIMEX_TIME_FRACTION] = ns === 1e9 ? 0 : ns;
    check(this.calls.adjust(this.row));
    this.steppedSeconds += deltaSeconds;
    this.endSlew(frequency);
  }

  slew(nowLocal: LocalSeconds, frequency: number, correctionSeconds: number, slewRate: number): void {
    const wanted = frequency + Math.sign(correctionSeconds) * Math.min(slewRate, this.slewRateMax);
    // Of a clock that is far off already the kernel leaves less to slew with.
    const rate = Math.abs(boundedRate(wanted) - boundedRate(frequency));
    if (correctionSeconds === 0 || rate < RATE_MIN) {
      this.endSlew(frequency);
      return;
    }
    this.frequency = frequency;
    this.setFrequency(wanted);
    this.nextChangeLocal = nowLocal + Math.abs(correctionSeconds) / rate;
  }

  /** Ends the slew when its time has come. */
  advance(nowLocal: LocalSeconds): void {
    if (nowLocal >= this.nextChangeLocal) this.endSlew(this.frequency);
  }

  setErrors(maximumErrorSeconds: number, estimatedErrorSeconds: number, synchronised: boolean): void {
    this.synchronised = synchronised;
    this.begin(ADJ_MAXERROR | ADJ_ESTERROR | ADJ_STATUS);
    this.row[TIMEX_MAXIMUM_ERROR] = errorUs(maximumErrorSeconds);
    this.row[TIMEX_ESTIMATED_ERROR] = errorUs(estimatedErrorSeconds);
    this.row[TIMEX_STATUS] = this.status();
    check(this.calls.adjust(this.row));
  }

  armLeap(sign: number): void {
    this.leapStatus = sign > 0 ? STA_INSERT : sign < 0 ? STA_DELETE : 0;
    this.begin(ADJ_STATUS);
    this.row[TIMEX_STATUS] = this.status();
    check(this.calls.adjust(this.row));
  }

  /** Whether the kernel is to insert or delete a second at the end of the day. */
  get isLeapArmed(): boolean {
    return this.leapStatus !== 0;
  }

  /** Local seconds per second of the clock, as it now runs. */
  get localPerClock(): number {
    return 1 / (1 + this.rate());
  }

  /** Whether somebody else has changed the clock's frequency since we last set it. */
  isMeddledWith(): boolean {
    check(this.calls.read(this.row));
    return this.row[TIMEX_FREQUENCY] !== this.setUnits || this.row[TIMEX_TICK] !== this.setTickUs;
  }

  /** Leaves the clock running at its best known frequency, no slew under way and no leap second armed. */
  release(): void {
    this.leapStatus = 0;
    this.setFrequency(this.frequency, ADJ_STATUS, (row) => {
      row[TIMEX_STATUS] = this.status();
    });
    this.nextChangeLocal = Number.POSITIVE_INFINITY;
  }

  /**
   * Ends what the kernel still does by itself for those before us: an offset that was given to its PLL goes on being
   * worked off with the PLL switched off, and is taken back only while that is on; adjtime()'s has a call of its own.
   */
  private endKernelSlews(): void {
    this.begin(ADJ_OFFSET | ADJ_STATUS);
    this.row[TIMEX_STATUS] = STA_PLL | STA_UNSYNCHRONISED;
    check(this.calls.adjust(this.row));
    this.begin(ADJ_OFFSET_SINGLESHOT);
    check(this.calls.adjust(this.row));
  }

  private endSlew(frequency: number): void {
    this.frequency = frequency;
    this.setFrequency(frequency);
    this.nextChangeLocal = Number.POSITIVE_INFINITY;
  }

  /** Rate of the clock against the local timescale, less one. */
  private rate(): number {
    return (this.setUnits / FREQUENCY_UNITS + (this.setTickUs - TICK_NOMINAL_US) * TICK_PPM) * 1e-6;
  }

  private status(): number {
    return this.leapStatus | (this.synchronised ? 0 : STA_UNSYNCHRONISED);
  }

  /** Sets the frequency in s/s: the coarse part in ticks, the rest in the frequency word. */
  private setFrequency(frequency: number, moreModes = 0, more: (row: Float64Array) => void = () => {}): void {
    const ppm = boundedRate(frequency) * 1e6;
    const ticks = Math.abs(ppm) > FREQUENCY_PPM_MAX ? Math.round(ppm / TICK_PPM) : 0;
    this.setTickUs = TICK_NOMINAL_US + ticks;
    this.setUnits = Math.round((ppm - ticks * TICK_PPM) * FREQUENCY_UNITS);
    this.begin(ADJ_FREQUENCY | ADJ_TICK | moreModes);
    this.row[TIMEX_FREQUENCY] = this.setUnits;
    this.row[TIMEX_TICK] = this.setTickUs;
    more(this.row);
    check(this.calls.adjust(this.row));
    this.rateChanges++;
  }

  private begin(modes: number): void {
    this.row.fill(0);
    this.row[TIMEX_MODES] = modes;
  }
}

function boundedRate(frequency: number): number {
  return Math.max(-RATE_MAX, Math.min(RATE_MAX, frequency));
}

function errorUs(seconds: number): number {
  return Math.max(0, Math.min(ERROR_US_MAX, Math.ceil(seconds * 1e6)));
}

function check(result: number): void {
  if (result >= 0) return;
  const code = getSystemErrorName(result);
  throw Object.assign(new Error(`clock_adjtime: ${code}`), { code, syscall: 'clock_adjtime' });
}
