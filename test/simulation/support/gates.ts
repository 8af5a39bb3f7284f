import { Gate, gateSharedOctets } from '../../../src/core/server/gate.ts';
import { DEFAULT_POLICY } from '../../../src/core/server/listener-policy.ts';
import { DEFAULT_RATE_LIMITS, type RateLimits } from '../../../src/core/server/rate-limit.ts';
import { SLOT_ADDRESS, SLOT_WORDS } from '../../../src/core/server/slot.ts';
import { Variates } from './random.ts';

/** An address as the packet table has it: four words. */
export type AddressWords = readonly [number, number, number, number];

export const ipv4Words = (address: number): AddressWords => [0, 0, 0xffff, address | 0];

/** The gates of a machine's workers in virtual time, sized as the daemon's; an address always leads to one worker. */
export class Gates {
  answered = 0;
  dropped = 0;
  private readonly gates: readonly Gate[];
  private readonly table: Int32Array = new Int32Array(SLOT_WORDS);
  private readonly policy;

  constructor(seed: number, workers: number, limits: RateLimits = DEFAULT_RATE_LIMITS) {
    const variates = new Variates(seed);
    const word = (): number => Math.floor(variates.uniform() * 2 ** 32) | 0;
    const shared = { hashKey: [word(), word()] as const, buckets: new SharedArrayBuffer(gateSharedOctets()) };
    this.gates = Array.from({ length: workers }, () => new Gate(shared, 1, word()));
    this.policy = { ...DEFAULT_POLICY, limits };
  }

  /** A request; true when it is answered. Times must not go back. */
  ask(address: AddressWords, seconds: number): boolean {
    const [a, b, c, d] = address;
    const worker = (Math.imul(a ^ b ^ c ^ d, 0x9e37_79b1) >>> 16) % this.gates.length;
    const gate = this.gates[worker] as Gate;
    this.table.set(address, SLOT_ADDRESS);
    gate.time.set(seconds);
    gate.begin(this.table, 1);
    const isAnswered = gate.judge(this.table, 0, this.policy) === 0;
    if (isAnswered) this.answered++;
    else this.dropped++;
    return isAnswered;
  }
}

/** When clients ask that all boot within so many seconds: eight requests 2 s apart (iburst), then at poll 6. Sorted. */
export function bootTimes(
  clients: number,
  withinSeconds: number,
  endSeconds: number,
  seed: number,
): { client: number; seconds: number }[] {
  const variates = new Variates(seed);
  const times: { client: number; seconds: number }[] = [];
  for (let client = 0; client < clients; client++) {
    const boot = variates.uniform() * withinSeconds;
    for (let i = 0; i < 8; i++) times.push({ client, seconds: boot + 2 * i });
    for (let t = boot + 14 + 64; t < endSeconds; t += 64 * (0.98 + 0.04 * variates.uniform())) {
      times.push({ client, seconds: t });
    }
  }
  return times.sort((one, other) => one.seconds - other.seconds);
}
