/**
 * `npm run bench:abuse`: what well-behaved clients notice of abusers, with the limits that are on by default; and
 * whether clients behind one address or in one subnet are left alone.
 */
import { runOk } from '../../test/support/run.ts';
import { type Arena, CLIENTS_IPV6 } from '../frame/arena.ts';
import { runInArena } from '../frame/bench.ts';
import { ntpdTsContestant } from '../frame/contestants.ts';
import { readMemory } from '../frame/cpu.ts';
import { type Measured, offer, type Step } from '../frame/generator.ts';
import { atLeast, atMost, type Bar } from '../frame/statistics.ts';

/** One kind of abuse: what the well-behaved got of what they asked, and the abusers of theirs, per second. */
export interface AbuseFigures {
  readonly name: string;
  /** Requests per second of all together. */
  readonly offered: number;
  /** Share of the well-behaved clients' requests that were answered. */
  readonly answered: number;
  readonly abuserOffered: number;
  readonly abuserAnswers: number;
  /** Growth of resident memory over the step, octets. */
  readonly growthOctets: number;
}

/** Many clients that share an address or a subnet. */
export interface SharedFigures {
  readonly name: string;
  readonly sent: number;
  readonly answered: number;
}

export interface AbuseResult {
  /** Answers per second at one and a half times what can be answered. */
  readonly saturation: number;
  readonly abuse: readonly AbuseFigures[];
  /** Random addresses as fast as the generator sends, more than can be answered; and the time after. */
  readonly flood: AbuseFigures & { readonly answeredAfter: number };
  readonly shared: readonly SharedFigures[];
  readonly bars: readonly Bar[];
}

const short = process.argv.includes('--short');
const SECONDS = short ? 3 : 10;
const OVERLOAD = 360_000;
const WELL_BEHAVED = 10_000;
/** All requests together, as a share of saturation. */
const LOAD = 0.7;
/** Private addresses for four million clients, routed through the generator like the others. */
const WIDE_NETWORK = '10.128.0.0/10';
const FORGED = 4_000_000;
const FORGE = ['--clients', WIDE_NETWORK];
/** Most answers/s by the limits of the defaults: 32/s and a burst of 256 for an address, 8,192/s and 65,536 for a /24; leaks as much again. */
const most = (perSecond: number, burst: number): number => 2 * perSecond + burst / SECONDS;
const KINDS = [
  { name: 'one client at 2,000/s', abusers: 1, rate: 2_000, network: [], answersMax: most(32, 256) },
  { name: 'a /24 at 50,000/s', abusers: 254, rate: 50_000, network: [], answersMax: most(8192, 65_536) },
  { name: 'forged addresses at 50,000/s', abusers: FORGED, rate: 50_000, network: FORGE, answersMax: null },
];
/** What a flood is tried with: the first that the generator keeps up with. */
const FLOOD_RATES = short ? [450_000, 350_000] : [1_000_000, 800_000, 600_000, 450_000, 350_000];
/** Resident memory may wander by so much without anything being kept. */
const WANDER_OCTETS = 2 ** 20;

await runInArena('abuse', short, async (arena) => {
  await runOk(['ip', '-n', arena.server.namespace, 'route', 'add', WIDE_NETWORK, 'via', arena.generator.ipv4]);
  return measure(arena);
});

async function measure(place: Arena): Promise<AbuseResult> {
  const { saturation, abuse, flood } = await measureAbuse(place);
  const shared = await measureShared(place);
  const bars = [
    ...abuse.map(({ name, answered }) => atLeast(`well-behaved beside ${name}`, answered, 0.999)),
    ...abuse.flatMap(({ name, abuserAnswers }, i) => {
      const limit = KINDS[i]?.answersMax ?? null;
      return limit === null ? [] : [atMost(`answers/s to ${name}`, abuserAnswers, limit)];
    }),
    ...[...abuse, flood].map(({ name, growthOctets }) =>
      atMost(`octets of memory more after ${name}`, growthOctets, WANDER_OCTETS),
    ),
    atLeast('well-behaved right after the flood', flood.answeredAfter, 0.999),
    ...shared.map(({ name, sent, answered }) => atLeast(name, answered / sent, 0.999)),
  ];
  return { saturation, abuse, flood, shared, bars };
}

async function measureAbuse(place: Arena): Promise<Pick<AbuseResult, 'saturation' | 'abuse' | 'flood'>> {
  const server = await ntpdTsContestant().start(place);
  const ask = (step: Step): Promise<Measured> => mustOffer(place, server.pid, step);
  try {
    const saturation = (await ask({ rate: OVERLOAD, seconds: 2 })).answersPerSecond;
    // All pages of the tables are touched once, so that what grows after is growth.
    await ask({ rate: 100_000, seconds: 3, clients: FORGED, options: FORGE });
    console.log(`saturation ${saturation.toFixed(0)}/s`);
    const abuse: AbuseFigures[] = [];
    for (const { name, abusers, rate, network } of KINDS) {
      const offered = LOAD * saturation;
      const clients = WELL_BEHAVED + abusers;
      const options = ['--abusers', `${abusers}:${(rate / offered) * 100}`, ...network];
      const before = readMemory(server.pid).residentOctets;
      const step = await ask({ rate: offered, seconds: SECONDS, clients, options });
      abuse.push(describe(name, step, readMemory(server.pid).residentOctets - before));
    }
    const flood = await measureFlood(place, server.pid);
    return { saturation, abuse, flood };
  } finally {
    await server.stop();
  }
}

/** The well-behaved ask as many times a second as there are of them; the rest of the rate is the flood. */
async function measureFlood(place: Arena, pid: number): Promise<AbuseResult['flood']> {
  const before = readMemory(pid).residentOctets;
  for (const rate of FLOOD_RATES) {
    const options = ['--abusers', `${FORGED}:${(1 - WELL_BEHAVED / rate) * 100}`, ...FORGE];
    const step = await offer(place, pid, { rate, seconds: SECONDS, clients: WELL_BEHAVED + FORGED, options }, 2);
    if (step === undefined) continue;
    const growthOctets = readMemory(pid).residentOctets - before;
    const after = await mustOffer(place, pid, { rate: WELL_BEHAVED, seconds: SECONDS, clients: WELL_BEHAVED });
    const name = `random addresses at ${rate.toLocaleString('en')}/s`;
    return { ...describe(name, step, growthOctets), answeredAfter: 1 - after.loss };
  }
  throw new Error('the generator kept none of the rates of a flood');
}

/** A boot of all at once, eight requests each within 14 s, and what comes after it. */
async function measureShared(place: Arena): Promise<SharedFigures[]> {
  const both = '[[server]]\nlisten = "[::]:123"\n';
  const server = await ntpdTsContestant('ntpd-ts', both).start(place);
  try {
    const boot = short ? 4 : 14;
    const nat = (rate: number, seconds: number): Promise<Measured> =>
      mustOffer(place, server.pid, { rate, seconds, clients: 1 });
    await nat((1000 * 8) / 14, boot);
    if (!short) await nat(1000 / 64, 46);
    const translated = await nat(1000 / 64, short ? 4 : 60);
    const subnet = { target: place.server.ipv6, clients: 5000, options: ['--clients', CLIENTS_IPV6] };
    const flat = await mustOffer(place, server.pid, { rate: (5000 * 8) / 14, seconds: boot, ...subnet });
    return [
      sharedFigures('1,000 clients behind one address, after the minute in which all booted', translated),
      sharedFigures('5,000 hosts of a flat /64 that boot together', flat),
    ];
  } finally {
    await server.stop();
  }
}

function sharedFigures(name: string, { counts }: Measured): SharedFigures {
  console.log(`${name}: ${counts.answered} of ${counts.sent} answered`);
  return { name, sent: counts.sent, answered: counts.answered };
}

async function mustOffer(place: Arena, pid: number, step: Step): Promise<Measured> {
  const measured = await offer(place, pid, step);
  if (measured === undefined) throw new Error(`the generator could not keep ${Math.round(step.rate)}/s`);
  return measured;
}

function describe(name: string, { counts, durationSeconds, sentPerSecond }: Measured, growth: number): AbuseFigures {
  const figures = {
    name,
    offered: sentPerSecond,
    answered: (counts.answered - counts.abuserAnswered) / Math.max(1, counts.sent - counts.abuserSent),
    abuserOffered: counts.abuserSent / durationSeconds,
    abuserAnswers: counts.abuserAnswered / durationSeconds,
    growthOctets: growth,
  };
  console.log(
    `${name}: well-behaved ${(figures.answered * 100).toFixed(3)} % answered, abusers ` +
      `${figures.abuserAnswers.toFixed(0)}/s of ${figures.abuserOffered.toFixed(0)}/s, memory ` +
      `${(growth / 2 ** 20).toFixed(1)} MiB more`,
  );
  return figures;
}
