/** One engine with its arrays: opens it, finds the next hop, and runs steps slice by slice. */

import { readFileSync } from 'node:fs';
import { OperatorError } from '../errors.ts';
import {
  type EngineDescription,
  type EngineOptions,
  type LoadEngine,
  loadLayout,
  openEngine,
  SLICE_DONE,
  type StepOptions,
} from '../native/load-engine.ts';
import { requestFrame } from './frame.ts';
import { HISTOGRAM_CELLS } from './histogram.ts';
import { COUNT_NAMES, DISTRIBUTION_NAMES, SUMS_PER_DISTRIBUTION } from './layout.ts';
import { askNeighbour, readNeighbour, tellNeighbour } from './neighbour.ts';
import { clientAddress, contains, formatAddress, type Network } from './network.ts';
import { plainStep } from './plan.ts';
import { findRoute, readInterface } from './route.ts';
import type { Counted } from './step-result.ts';

/** What an engine needs to know before it is opened; plain data, so that it can be sent to a worker. */
export type EngineSetup = RawSetup | SocketSetup;

export interface SocketSetup {
  readonly kind: 'socket';
  readonly target: Uint8Array;
  readonly targetPort: number;
  readonly scope: number;
  /** Local addresses to ask from; empty for the kernel's choice. */
  readonly sources: readonly Uint8Array[];
  readonly clients: number;
}

export interface RawSetup {
  readonly kind: 'raw';
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

  private constructor(native: LoadEngine, arrays: Arrays, answers: { network: Network; mac: Uint8Array } | null) {
    this.#native = native;
    this.#counts = arrays.counts;
    this.#sums = arrays.sums;
    this.#cells = arrays.cells;
    this.#answers = answers;
  }

  /** Opens either engine. @throws OperatorError naming what is in the way. */
  static open(setup: EngineSetup): Engine {
    return setup.kind === 'raw' ? Engine.#openRaw(setup) : Engine.#openSocket(setup);
  }

  static #openSocket(setup: SocketSetup): Engine {
    const local = Uint8Array.from(setup.sources.flatMap((octets) => [...octets]));
    const { target, targetPort, scope, clients } = setup;
    const arrays = newArrays();
    return new Engine(openNative({ kind: 'socket', target, targetPort, scope, local, clients }, arrays), arrays, null);
  }

  /** Opens two times, because the next hop is asked for through the engine and then stands in every frame. */
  static #openRaw(setup: RawSetup): Engine {
    const link = readInterface(setup.interfaceName);
    if (link === null) throw new OperatorError('load-interface', `there is no interface ${setup.interfaceName}`);
    if (!link.carrier) throw new OperatorError('load-interface', `interface ${link.name} has no carrier (is it up?)`);
    if (link.mac.length !== 6) throw new OperatorError('load-interface', `interface ${link.name} is not Ethernet`);
    const route = findRoute(setup.target, link.name);
    if (route === null) {
      throw new OperatorError('load-unreachable', `no route to ${formatAddress(setup.target)} through ${link.name}`);
    }
    const source = clientAddress(setup.network, setup.firstClient);
    const open = (destinationMac: Uint8Array, packetTransmit: boolean): Engine => {
      const arrays = newArrays();
      const options: EngineOptions = {
        kind: 'raw',
        interfaceIndex: link.index,
        queue: setup.queue,
        ipv6: setup.target.length === 16,
        packetTransmit,
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
    const resolver = open(new Uint8Array(6), true);
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
    const engine = open(nextHopMac, setup.packetTransmit);
    if (!engine.describe().dropsReplies && forwards(link.name, setup.target.length === 16)) {
      engine.close();
      throw new OperatorError(
        'load-interface',
        `this host forwards packets of ${link.name}, and would send the clients' replies on: keeping them from it needs ` +
          'Linux 6.6; turn forwarding off, or use a network namespace',
      );
    }
    return engine;
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

  /** Starts a step. @throws OperatorError when its open requests would be more than can be remembered. */
  begin(step: StepOptions): void {
    try {
      this.#native.begin(step);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      const open = Math.round(step.rate * step.timeoutSeconds);
      throw new OperatorError('usage', `${open} requests may be open at once, too many to remember: lower --timeout`, {
        cause,
      });
    }
  }

  /** Drives the step a little; true when it is over. Answers ARP and neighbour discovery in between. */
  slice(): boolean {
    const state = this.#sliceNative();
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

  #sliceNative(): number {
    try {
      return this.#native.slice(SLICE_MS);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === undefined) throw cause;
      throw new OperatorError(
        'load-interface',
        `requests can no longer be sent (${code}); is the interface still up?`,
        {
          cause,
        },
      );
    }
  }

  /** The counts so far, in order of COUNT_NAMES; what is open is in none of the outcomes. */
  counts(): Float64Array {
    return this.#counts.slice();
  }

  /** What has been counted, as plain arrays for another thread. */
  counted(): Counted {
    return { counts: this.#counts.slice(), sums: this.#sums.slice(), cells: this.#cells.slice() };
  }

  /** What the link alone can send, requests per second: the yardstick for the rest. */
  bareRate(milliseconds: number): number {
    return this.#native.bareRate(milliseconds);
  }

  describe(): EngineDescription {
    return this.#native.describe();
  }

  close(): void {
    this.#native.close();
  }
}

/** A step without requests: the engine only listens. */
const IDLE_STEP: StepOptions = { ...plainStep(1, 0), timeoutSeconds: RESOLVE_MS / 1000, samplesPerSecond: 0 };

/** Without forwarding the host drops what is for addresses that it does not have. */
function forwards(interfaceName: string, ipv6: boolean): boolean {
  const file = `/proc/sys/net/${ipv6 ? 'ipv6' : 'ipv4'}/conf/${interfaceName}/forwarding`;
  return readFileSync(file, 'utf8').trim() !== '0';
}

interface Arrays {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly cells: Uint32Array;
}

function newArrays(): Arrays {
  return {
    counts: new Float64Array(COUNT_NAMES.length),
    sums: new Float64Array(DISTRIBUTION_NAMES.length * SUMS_PER_DISTRIBUTION),
    cells: new Uint32Array(DISTRIBUTION_NAMES.length * 2 * HISTOGRAM_CELLS),
  };
}

function openNative(options: EngineOptions, arrays: Arrays): LoadEngine {
  const layout = loadLayout();
  if (layout.counts !== COUNT_NAMES.length || layout.cells !== HISTOGRAM_CELLS) {
    throw new OperatorError('internal', 'the addon counts in another layout; rebuild it with `npm run install`');
  }
  try {
    return openEngine(options, arrays.counts, arrays.sums, arrays.cells);
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (options.kind === 'raw' && (code === 'EPERM' || code === 'EACCES')) {
      throw new OperatorError(
        'load-permission',
        `the raw engine needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF (${syscall}: ${code}); --engine socket needs none`,
        { cause },
      );
    }
    if (code === 'EADDRNOTAVAIL') {
      throw new OperatorError('usage', '--source: an address is not one of this machine', { cause });
    }
    if (code === 'EMFILE') {
      throw new OperatorError('too-few-descriptors', `${options.clients} sockets are more than this process may open`, {
        cause,
      });
    }
    throw cause;
  }
}
