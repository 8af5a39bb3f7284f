import type { SourceOptions } from '../coordinator-options.ts';
import type { Output } from '../coordinator-output.ts';
import type { LocalSeconds } from '../ports.ts';
import type { Association } from './association.ts';

/** An address that a name stands for. */
export interface ResolvedAddress {
  /** Numeric, in the canonical form of inet_ntop, scope included. */
  readonly text: string;
  /** Refid that followers of this address show (RFC 5905 §7.3): protocol/refid.ts. */
  readonly refid: number;
  /** Asking it would ask ourselves: one of our addresses and a port that we serve. */
  readonly isOurs: boolean;
}

/** Names are asked for no more often than this once they have resolved, and ever more rarely down to the second. */
const RESOLVE_SECONDS_MIN = 60;
const RESOLVE_SECONDS_MAX = 3600;
/** A name that never resolved (the network may just be coming up) is asked for again sooner at first. */
const FIRST_RETRY_SECONDS = 4;
/** A pool member that is a falseticker for so many samples in a row is replaced. */
const FALSETICKER_SAMPLES_MAX = 8;

/** A configured source: a name, the addresses known for it, and the associations made of them. */
interface Entry {
  readonly index: number;
  readonly options: SourceOptions;
  readonly members: Association[];
  /** Known addresses that are not in use. */
  spare: ResolvedAddress[];
  /** Addresses given up since the name last resolved to nothing new. */
  readonly spent: Set<string>;
  isResolving: boolean;
  hasResolved: boolean;
  isOnline: boolean;
  nextResolveLocal: LocalSeconds;
  backoffSeconds: number;
  failure: string;
}

export interface RosterContext {
  readonly emit: (output: Output) => void;
  readonly associate: (
    nowLocal: LocalSeconds,
    sourceIndex: number,
    options: SourceOptions,
    address: ResolvedAddress,
  ) => Association;
}

/** Who is asked: turns names into associations and replaces those that are of no use. */
export class Roster {
  readonly #entries: readonly Entry[];
  readonly #context: RosterContext;
  #associations: readonly Association[] = [];

  constructor(sources: readonly SourceOptions[], nowLocal: LocalSeconds, context: RosterContext) {
    this.#context = context;
    this.#entries = sources.map((options, index) => ({
      index,
      options,
      members: [],
      spare: [],
      spent: new Set(),
      isResolving: false,
      hasResolved: false,
      isOnline: true,
      nextResolveLocal: nowLocal,
      backoffSeconds: FIRST_RETRY_SECONDS,
      failure: 'its name is being resolved',
    }));
  }

  get associations(): readonly Association[] {
    return this.#associations;
  }

  /** Sources without any address, and why. */
  get unresolved(): readonly { readonly name: string; readonly reason: string }[] {
    return this.#entries
      .filter((entry) => entry.members.length === 0)
      .map(({ options, isOnline, failure }) => ({
        name: options.address,
        reason: isOnline ? failure : 'it is offline and has not been looked up',
      }));
  }

  /** When a name has to be asked for. */
  get nextLocal(): LocalSeconds {
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries) if (wantsNames(entry)) next = Math.min(next, entry.nextResolveLocal);
    return next;
  }

  advance(nowLocal: LocalSeconds): void {
    for (const entry of this.#entries) {
      if (!wantsNames(entry) || nowLocal < entry.nextResolveLocal) continue;
      entry.isResolving = true;
      this.#context.emit({ kind: 'resolve', sourceIndex: entry.index, name: entry.options.address });
    }
  }

  resolved(nowLocal: LocalSeconds, sourceIndex: number, addresses: readonly ResolvedAddress[]): void {
    const entry = this.#entries[sourceIndex];
    if (entry === undefined) return;
    if (addresses.length === 0) {
      this.failed(nowLocal, sourceIndex, 'it has no address');
      return;
    }
    if (!entry.hasResolved) entry.backoffSeconds = RESOLVE_SECONDS_MIN;
    entry.hasResolved = true;
    this.#delay(entry, nowLocal);
    const used = new Set(entry.members.map((member) => member.address));
    const fresh = addresses.filter((address) => !used.has(address.text));
    // When everything that the name has was given up before, it is tried again.
    if (fresh.every((address) => entry.spent.has(address.text))) entry.spent.clear();
    entry.spare = fresh.filter((address) => !entry.spent.has(address.text));
    this.#fill(entry, nowLocal);
  }

  failed(nowLocal: LocalSeconds, sourceIndex: number, reason: string): void {
    const entry = this.#entries[sourceIndex];
    if (entry === undefined) return;
    if (entry.failure !== reason) {
      const message = `cannot resolve ${entry.options.address}: ${reason}`;
      this.#context.emit({
        kind: 'event',
        level: 'warning',
        code: 'name-failed',
        message,
        source: entry.options.address,
      });
    }
    entry.failure = reason;
    this.#delay(entry, nowLocal);
  }

  /** Resolves names again, all without an index. */
  refresh(nowLocal: LocalSeconds, sourceIndex: number | undefined): void {
    for (const entry of this.#entries) {
      if (sourceIndex !== undefined && entry.index !== sourceIndex) continue;
      entry.spent.clear();
      entry.backoffSeconds = RESOLVE_SECONDS_MIN;
      entry.nextResolveLocal = nowLocal;
      if (entry.isResolving) continue;
      entry.isResolving = true;
      this.#context.emit({ kind: 'resolve', sourceIndex: entry.index, name: entry.options.address });
    }
  }

  setOnline(isOnline: boolean, sourceIndex: number | undefined): void {
    for (const entry of this.#entries) {
      if (sourceIndex !== undefined && entry.index !== sourceIndex) continue;
      entry.isOnline = isOnline;
      for (const member of entry.members) member.isOnline = isOnline;
    }
  }

  /** Replaces associations that are of no use, where there is something to replace them with. */
  review(nowLocal: LocalSeconds): void {
    for (const entry of this.#entries) {
      for (const member of [...entry.members]) {
        const fault = findFault(member);
        if (fault === null) continue;
        if (entry.spare.length === 0) continue;
        this.#remove(entry, member, fault);
      }
      this.#fill(entry, nowLocal);
    }
  }

  #fill(entry: Entry, nowLocal: LocalSeconds): void {
    const wanted = entry.options.mode === 'pool' ? entry.options.count : 1;
    while (entry.members.length < wanted) {
      const address = entry.spare.shift();
      if (address === undefined) break;
      const objection = this.#findObjection(entry, address);
      if (objection !== null) {
        entry.failure = `${address.text} ${objection}`;
        this.#event('warning', 'address-rejected', `${entry.options.address}: ${address.text} ${objection}`, entry);
        continue;
      }
      const member = this.#context.associate(nowLocal, entry.index, entry.options, address);
      member.isOnline = entry.isOnline;
      entry.members.push(member);
      this.#event('info', 'source-added', `following ${entry.options.address} at ${address.text}`, entry);
    }
    if (entry.members.length === wanted && !entry.members.some((member) => findFault(member) !== null)) {
      entry.backoffSeconds = RESOLVE_SECONDS_MIN;
    }
    this.#associations = this.#entries.flatMap((one) => one.members);
  }

  #findObjection(entry: Entry, address: ResolvedAddress): string | null {
    if (entry.options.ignore.includes(address.text)) return 'is to be ignored';
    if (address.isOurs) return 'is this very daemon';
    const { port } = entry.options;
    const isTaken = this.#entries.some((one) =>
      one.members.some((member) => member.address === address.text && member.port === port),
    );
    return isTaken ? 'is a source already' : null;
  }

  #remove(entry: Entry, member: Association, fault: string): void {
    entry.members.splice(entry.members.indexOf(member), 1);
    entry.spent.add(member.address);
    this.#event(
      'info',
      'source-removed',
      `no longer following ${entry.options.address} at ${member.address}: ${fault}`,
      entry,
    );
    member.close();
  }

  #delay(entry: Entry, nowLocal: LocalSeconds): void {
    entry.isResolving = false;
    entry.nextResolveLocal = nowLocal + entry.backoffSeconds;
    entry.backoffSeconds = Math.min(2 * entry.backoffSeconds, RESOLVE_SECONDS_MAX);
  }

  #event(
    level: 'info' | 'warning',
    code: 'address-rejected' | 'source-added' | 'source-removed',
    message: string,
    entry: Entry,
  ): void {
    this.#context.emit({ kind: 'event', level, code, message, source: entry.options.address });
  }
}

function wantsNames(entry: Entry): boolean {
  if (entry.isResolving || !entry.isOnline || entry.spare.length > 0) return false;
  const wanted = entry.options.mode === 'pool' ? entry.options.count : 1;
  return entry.members.length < wanted || entry.members.some((member) => findFault(member) !== null);
}

/** Why an association should be replaced, or null. A single server is kept for what it says; a pool has others. */
function findFault(member: Association): string | null {
  if (member.poll.isUnreachable) return 'it does not answer';
  if (member.isDenied) return 'it refuses service';
  if (member.options.mode !== 'pool') return null;
  if (member.lastVerdict === 'unsynchronised') return 'it is not synchronised';
  if (member.lastVerdict === 'loop') return 'it follows us';
  return member.falsetickerSamples >= FALSETICKER_SAMPLES_MAX ? 'it is a falseticker' : null;
}
