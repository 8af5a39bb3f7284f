/** Runs inside the virtual machine: has the built daemon discipline the system clock, and judges it by the truth. */

import { checkExit, checkHandSet, checkLeap, checkSlew, checkStart } from './scenario.ts';
import { TrueTime } from './true-time.ts';
import { World } from './world.ts';

const TRUE_PORT = 1123;
/** The clock is found so much behind, and so much slow. */
const FAULT_SECONDS = 40;
const FAULT_FREQUENCY = 50e-6;

const world = new World(new TrueTime(TRUE_PORT, FAULT_SECONDS, FAULT_FREQUENCY), TRUE_PORT);
try {
  await world.truth.ready();
  for (const part of [checkStart, checkHandSet, checkSlew, checkLeap, checkExit]) await part(world);
} catch (error) {
  world.check(`the scenario ran to its end: ${(error as Error).stack}`, false);
}
world.report();
await world.end();
