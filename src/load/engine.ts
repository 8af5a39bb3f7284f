/** One engine with its arrays: opens it, finds the next hop, and runs steps slice by slice. */

import { OperatorError } from '../errors.ts';
import {
  type EngineDescription,
  type LoadEngine,
  loadLayout,
  openRawEngine,
  SLICE_DONE,
  type StepOptions,
} from '../native/load-engine.ts';
import { requestFrame } from './frame.ts';
import { HISTOGRAM_CELLS, Histogram } from './histogram.ts';
import {
  COUNT_NAMES,
  type Counts,
  DISTRIBUTION_NAMES,
  type DistributionName,
  readCounts,
  SUMS_PER_DISTRIBUTION,
} from './layout.ts';
import { askNeighbour, readNeighbour, tellNeighbour } from './neighbour.ts';
import { clientAddress, contains, formatAddress, type Network } from './network.ts';
import { findRoute, readInterface } from './route.ts';
import type { Tally } from './step-result.ts';

export interface RawSetup {
  readonly target: Uint8Array;
  readonly targetPort: number;
  readonly interfaceName: string;
  readonly network: Network;
  /** Clients of this engine: `clients` from `firstClient` on. */
  readonly firstClient: number;
  readonly clients: number;
  readonly queue: number;
  readonly packetTransmit: boolean;
  /** This engine's index among `workers` that share the interface. */
  readonly worker: number;
  readonly workers: number;
}

const SLICE_MS = 20;
const PORT_FIRST = 20_000;
const PORTS = 4096;
const RESOLVE_TRIES = 5;
const RESOLVE_MS = 200;

export class Engine {
  readonly #native: LoadEngine;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #cells: Uint32Array;
  readonly #answers: { network: Network; mac: Uint8Array } | null;

  private constructor(
    native: LoadEngine,
    arrays: { counts: Float64Array; sums: Float64Array; cells: Uint32Array },
    answers: { network: Network; mac: Uint8Array } | null,
  ) {
    this.#native = native;
    this.#counts = arrays.counts;
    this.#sums = arrays.sums;
    this.#cells = arrays.cells;
    this.#answers = answers;
  }

  /**
   * Opens the raw engine: two times, because the next hop is asked for through it and then stands in every frame.
   *
   * @throws OperatorError for an interface that cannot be used, no route, a next hop that does not answer, or privileges.
   */
  static openRaw(setup: RawSetup): Engine {
    const link = readInterface(setup.interfaceName);
    if (link === null) throw new OperatorError('load-interface', `there is no interface ${setup.interfaceName}`);
    if (!link.carrier) throw new OperatorError('load-interface', `interface ${link.name} has no carrier (is it up?)`);
    if (link.mac.length !== 6) throw new OperatorError('load-interface', `interface ${link.name} is not Ethernet`);
    const route = findRoute(setup.target, link.name);
    if (route === null) {
      throw new OperatorError('load-unreachable', `no route to ${formatAddress(setup.target)} through ${link.name}`);
    }
    const source = clientAddress(setup.network, setup.firstClient);
    const open = (destinationMac: Uint8Array): Engine => {
      const arrays = {
        counts: new Float64Array(COUNT_NAMES.length),
        sums: new Float64Array(DISTRIBUTION_NAMES.length * SUMS_PER_DISTRIBUTION),
        cells: new Uint32Array(DISTRIBUTION_NAMES.length * 2 * HISTOGRAM_CELLS),
      };
      const options = {
        interfaceIndex: link.index,
        queue: setup.queue,
        ipv6: setup.target.length === 16,
        packetTransmit: setup.packetTransmit,
        frame: requestFrame({
          sourceMac: link.mac,
          destinationMac,
          source,
          target: setup.target,
          targetPort: setup.targetPort,
        }),
        prefixBits: setup.network.prefixBits,
        clients: setup.clients,
        portFirst: PORT_FIRST + setup.worker,
        portCount: PORTS,
        portStride: setup.workers,
      };
      const answers = setup.worker === 0 ? { network: setup.network, mac: link.mac } : null;
      return new Engine(openNative(options, arrays), arrays, answers);
    };
    const resolver = open(new Uint8Array(6));
    let nextHopMac: Uint8Array | null;
    try {
      const asker = link.addresses.find((octets) => octets.length === route.nextHop.length) ?? source;
      nextHopMac = resolver.#resolve(route.nextHop, link.mac, asker);
    } finally {
      resolver.close();
    }
    if (nextHopMac === null) {
      throw new OperatorError('load-unreachable', `${formatAddress(route.nextHop)} does not answer on ${link.name}`);
    }
    return open(nextHopMac);
  }

  /** Asks for a neighbour's link address; null when nobody tells. */
  #resolve(subject: Uint8Array, mac: Uint8Array, asker: Uint8Array): Uint8Array | null {
    for (let tries = 0; tries < RESOLVE_TRIES; tries++) {
      this.#native.begin(IDLE_STEP);
      this.#native.sendControl(askNeighbour(subject, mac, asker));
      while (this.#native.slice(RESOLVE_MS) !== SLICE_DONE) {
        for (const frame of this.#native.takeControl()) {
          const message = readNeighbour(frame);
          if (message?.kind === 'tells' && Buffer.compare(message.subject, subject) === 0) return message.mac;
        }
      }
    }
    return null;
  }

  begin(step: StepOptions): void {
    this.#native.begin(step);
  }

  /** Drives the step a little; true when it is over. Answers ARP and neighbour discovery in between. */
  slice(): boolean {
    const state = this.#native.slice(SLICE_MS);
    if (this.#answers !== null) {
      const { network, mac } = this.#answers;
      for (const frame of this.#native.takeControl()) {
        const question = readNeighbour(frame);
        if (question?.kind === 'asks' && contains(network, question.subject)) {
          this.#native.sendControl(tellNeighbour(question, mac));
        }
      }
    }
    return state === SLICE_DONE;
  }

  /** The counts so far; what is open is in none of the outcomes. */
  counts(): Counts {
    return readCounts(this.#counts);
  }

  tally(): Tally {
    const histograms = {} as Record<DistributionName, Histogram>;
    DISTRIBUTION_NAMES.forEach((name, i) => {
      const cells = this.#cells.subarray(i * 2 * HISTOGRAM_CELLS, (i + 1) * 2 * HISTOGRAM_CELLS);
      const sums = this.#sums.subarray(i * SUMS_PER_DISTRIBUTION, (i + 1) * SUMS_PER_DISTRIBUTION);
      histograms[name] = Histogram.fromCounted(cells, sums);
    });
    return { counts: this.counts(), histograms };
  }

  describe(): EngineDescription {
    return this.#native.describe();
  }

  close(): void {
    this.#native.close();
  }
}

/** A step without requests: the engine only listens. */
const IDLE_STEP: StepOptions = {
  rate: 1,
  durationSeconds: 0,
  timeoutSeconds: RESOLVE_MS / 1000,
  exponential: false,
  clients: 1,
  stride: 1,
  abusers: 0,
  abuserShare: 0,
  crowdStartSeconds: 0,
  crowdEndSeconds: 0,
  crowdFactor: 1,
  samplesPerSecond: 0,
  seed: 1,
  mix: Uint8Array.of(4),
};

function openNative(
  options: Parameters<typeof openRawEngine>[0],
  arrays: { counts: Float64Array; sums: Float64Array; cells: Uint32Array },
): LoadEngine {
  const layout = loadLayout();
  if (layout.counts !== COUNT_NAMES.length || layout.cells !== HISTOGRAM_CELLS) {
    throw new OperatorError('internal', 'the addon counts in another layout; rebuild it with `node addon/build.mjs`');
  }
  try {
    return openRawEngine(options, arrays.counts, arrays.sums, arrays.cells);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EPERM' || code === 'EACCES') {
      throw new OperatorError(
        'load-permission',
        `the raw engine needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF (${syscall}: ${code}); --engine socket needs none`,
      );
    }
    throw error;
  }
}
