/** What the operator asked for, checked: numbers in range, addresses as octets, and leave to load a stranger. */
import { OperatorError } from '../errors.ts';
import type { StepOptions } from '../native/load-engine.ts';
import { clientCapacity, formatAddress, isLocalTarget, isOwnNetwork, type Network, parseNetwork } from './network.ts';

export const NTP_PORT = 123;
/** A target that may be a stranger's gets no more than this many requests a second. */
export const STRANGER_RATE_MAX = 100;
const CLIENTS_DEFAULT = 16_384;

export const usage = (message: string): OperatorError => new OperatorError('usage', message);

/** A number of an option, with its limits. */
export function readNumber(
  option: string,
  text: string,
  limits: { min: number; max: number; whole?: boolean },
): number {
  const scaled = /^([\d.]+(?:e\d+)?)([kM]?)$/.exec(text.trim());
  const value =
    scaled === null ? Number.NaN : Number(scaled[1]) * { '': 1, k: 1e3, M: 1e6 }[scaled[2] as '' | 'k' | 'M'];
  if (!Number.isFinite(value)) throw usage(`${option}: "${text}" is no number (1500, 20k and 0.5M are)`);
  if (limits.whole === true && !Number.isInteger(value)) throw usage(`${option}: ${text} is not whole`);
  if (value < limits.min || value > limits.max) {
    throw usage(`${option}: ${text} is outside ${limits.min} to ${limits.max}`);
  }
  return value;
}

/** The network that clients are simulated in, of the target's family. */
export function readClients(text: string, target: Uint8Array, ownNetwork: boolean): Network {
  const network = parseNetwork(text);
  if (network === null) throw usage(`--clients: "${text}" is no network such as 10.9.0.0/16 or fd00:9::/64`);
  if (network.octets.length !== target.length) {
    throw usage(`--clients: ${text} is not of the same family as ${formatAddress(target)}`);
  }
  if (!ownNetwork && !isOwnNetwork(network)) {
    throw new OperatorError(
      'load-not-yours',
      `--clients: ${text} is outside loopback, private, 198.18.0.0/15 and fc00::/7 networks: replies would go to ` +
        'strangers. Say --i-own-this-network if it is yours',
    );
  }
  return network;
}

/** How many clients to simulate: as asked, else what fits, 16,384 at most. */
export function readClientCount(text: string | undefined, network: Network): number {
  const capacity = clientCapacity(network);
  if (text === undefined) return Math.min(capacity, CLIENTS_DEFAULT);
  return readNumber('--client-count', text, { min: 1, max: capacity, whole: true });
}

/** Refuses to load a server that may be a stranger's. */
export function refuseStrangers(target: Uint8Array, rate: number, ownServer: boolean): void {
  if (ownServer || rate <= STRANGER_RATE_MAX || isLocalTarget(target)) return;
  throw new OperatorError(
    'load-not-yours',
    `${formatAddress(target)} is a public address: more than ${STRANGER_RATE_MAX} requests a second need ` +
      '--i-own-this-server',
  );
}

/** A step of ordinary clients, all of version 4; callers change what they need. `clients` is filled in per generator. */
export function plainStep(rate: number, durationSeconds: number): StepOptions {
  return {
    rate,
    durationSeconds,
    timeoutSeconds: 1,
    exponential: false,
    clients: 1,
    stride: 1,
    abusers: 0,
    abuserShare: 0,
    crowdStartSeconds: 0,
    crowdEndSeconds: 0,
    crowdFactor: 1,
    samplesPerSecond: 1000,
    seed: 1,
    mix: Uint8Array.of(4),
  };
}
