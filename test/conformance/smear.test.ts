import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SMEAR_LINEAR, smearOffsetSeconds } from '../../src/core/server/smear.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../src/protocol/timestamp.ts';
import { type Chronyd, startChronyd } from '../support/chrony.ts';
import { runDirectory } from '../support/directory.ts';
import { aheadToBefore, leapList, nextYearEnd } from '../support/leap-list.ts';
import { type Host, Network } from '../support/network.ts';
import { type NtpdTs, ntpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually, pause } from '../support/run.ts';

/** NTPD_TS_FULL_ACCURACY=1 is five minutes on each side of the leap second. */
const IS_FULL = process.env['NTPD_TS_FULL_ACCURACY'] === '1';
const LEAD_SECONDS = IS_FULL ? 300 : 40;
const TAIL_SECONDS = IS_FULL ? 300 : 40;
const PERIOD_MS = IS_FULL ? 5000 : 2000;
/** Until chronyd has found the clock and its frequency. */
const SETTLE_SECONDS = 15;
/** What a query may be off the line, and what chronyd may measure of its own clock, which is to run on it. */
const LINE_SECONDS_MAX = 100e-6;
const FOLLOW_SECONDS_MAX = 200e-6;
/** Rate of the smear, and how well chronyd has to find it. */
const SMEAR_PPM = 1e6 / 86_401;
const RATE_PPM_MAX = 2;
/** Around the leap second the unsmeared listener does not know, and two queries may lie on either side of it. */
const AWAY_SECONDS = 5;
/** A restarted daemon has been asked a few times by then. */
const RESTARTED_MS = 6000;
const MINUTES = 60_000;
const PLAIN = 1123;
const SMEARED = 1124;

interface QuerySample {
  readonly offsetSeconds: number;
  readonly leap: number;
  readonly refid: string;
}

/** What `chronyc tracking` says: chronyd keeps a clock of its own beside the machine's, and this is about that. */
interface Tracking {
  readonly lastOffsetSeconds: number;
  readonly frequencyPpm: number;
  readonly leap: string;
}

/** One look at everything. */
interface Look {
  /** Seconds since the midnight of the leap second, on the unsmeared clock. */
  readonly sinceSeconds: number;
  /** How far the clock of each listener is ahead of this machine's, and what else it says. */
  readonly plain: QuerySample;
  readonly smeared: QuerySample;
  readonly plainClient: Tracking;
  readonly smearedClient: Tracking;
}

await describeWith(
  { root: true, peers: ['chrony'] },
  'a clock of our own set shortly before a leap second, one listener smeared and one not',
  () => {
    const event = nextYearEnd(Date.now());
    const looks: Look[] = [];
    let network: Network;
    let ours: Host;
    let list: string;
    let daemon: NtpdTs;
    let plainClient: Chronyd;
    let smearedClient: Chronyd;

    async function query(port: number): Promise<QuerySample> {
      const done = await ntpdTs(network.host(1), ['query', '--json', '-n', '2', '-i', '0.1', `${ours.ipv4}:${port}`]);
      const [result] = JSON.parse(done.stdout) as { samples: QuerySample[] }[];
      const sample = result?.samples.at(-1);
      if (sample === undefined) throw new Error(`no answer:\n${daemon.child.output}`);
      return sample;
    }

    async function tracking(client: Chronyd): Promise<Tracking> {
      const fields = (await client.chronyc('-c', 'tracking')).trim().split(',');
      return { lastOffsetSeconds: Number(fields[5]), frequencyPpm: Number(fields[7]), leap: fields.at(-1) ?? '' };
    }

    async function look(): Promise<Look> {
      const [plain, smeared] = [await query(PLAIN), await query(SMEARED)];
      const sinceSeconds = Date.now() / 1000 + UNIX_EPOCH_NTP_SECONDS + plain.offsetSeconds - event;
      const [first, second] = await Promise.all([tracking(plainClient), tracking(smearedClient)]);
      return { sinceSeconds, plain, smeared, plainClient: first, smearedClient: second };
    }

    function startAhead(aheadSeconds: number): Promise<NtpdTs> {
      const config = `
[[server]]
listen = "0.0.0.0:${PLAIN}"
[[server]]
listen = "0.0.0.0:${SMEARED}"
smear = "linear-24h-noon"
[synchronization]
clock = "software"
local-stratum = 5
leap-file = "${list}"
`;
      const env = { NTPD_TS_CLOCK_FAULT: `${aheadSeconds} 0` };
      return startNtpdTs(ours, { config, args: ['--workers', '1'], env });
    }

    beforeAll(async () => {
      network = await Network.open(3);
      ours = network.host(0);
      list = join(runDirectory('leap'), 'leap-seconds.list');
      writeFileSync(list, leapList(event, 1));
      daemon = await startAhead(aheadToBefore(event, LEAD_SECONDS + SETTLE_SECONDS, Date.now()));
      const client = (host: Host, port: number): Promise<Chronyd> =>
        startChronyd(host, { config: [`server ${ours.ipv4} port ${port} iburst minpoll 0 maxpoll 0`, 'port 0'] });
      [plainClient, smearedClient] = await Promise.all([
        client(network.host(1), PLAIN),
        client(network.host(2), SMEARED),
      ]);
    }, MINUTES);

    afterAll(async () => {
      await Promise.all([daemon, plainClient, smearedClient].map((each) => each?.child.stop()));
      await network?.close();
    });

    it(
      'shows the leap second to the clients of one and a line to those of the other, and chronyd follows both',
      async () => {
        await eventually('chronyd follows', async () => {
          const found = await Promise.all([tracking(plainClient), tracking(smearedClient)]);
          return found.every((each) => each.leap !== 'Not synchronised') ? true : undefined;
        });
        await pause(SETTLE_SECONDS * 1000);
        for (let now = await look(); now.sinceSeconds < TAIL_SECONDS; now = await look()) {
          looks.push(now);
          await pause(PERIOD_MS);
        }
        const away = looks.filter(({ sinceSeconds }) => Math.abs(sinceSeconds) > AWAY_SECONDS);
        const offLine = away.map(({ sinceSeconds, plain, smeared }) => {
          return Math.abs(smeared.offsetSeconds - plain.offsetSeconds - lineSeconds(sinceSeconds));
        });
        const offClient = looks.map(({ smearedClient: client }) => Math.abs(client.lastOffsetSeconds));
        const last = looks.at(-1) as Look;
        const smearPpm = last.smearedClient.frequencyPpm - last.plainClient.frequencyPpm;
        const figures = { offLine: Math.max(...offLine), offClient: Math.max(...offClient), smearPpm };
        console.log(JSON.stringify({ looks: looks.length, ...figures }));
        expect(figures.offLine).toBeLessThan(LINE_SECONDS_MAX);
        expect(figures.offClient).toBeLessThan(FOLLOW_SECONDS_MAX);
        expect(Math.abs(smearPpm - SMEAR_PPM)).toBeLessThan(RATE_PPM_MAX);
        expect(new Set(looks.map(({ smeared }) => smeared.leap))).toEqual(new Set([0]));
        expect(new Set(looks.map(({ smeared }) => smeared.refid))).toEqual(new Set(['127.127.1.255']));
        const leaps = away.map(({ sinceSeconds, plain }) => [sinceSeconds < 0 ? 1 : 0, plain.leap]);
        expect(leaps.filter(([wanted, leap]) => wanted !== leap)).toEqual([]);
        expect(Math.abs(last.plainClient.lastOffsetSeconds)).toBeLessThan(FOLLOW_SECONDS_MAX);
      },
      15 * MINUTES,
    );

    it(
      'goes on on the same line when it is restarted after the leap second',
      async () => {
        const before = await look();
        await daemon.child.stop();
        daemon = await startAhead(before.plain.offsetSeconds);
        await pause(RESTARTED_MS);
        const after = await look();
        const off = after.smeared.offsetSeconds - after.plain.offsetSeconds - lineSeconds(after.sinceSeconds);
        expect(after.smeared).toMatchObject({ leap: 0, refid: '127.127.1.255' });
        expect(Math.abs(off)).toBeLessThan(LINE_SECONDS_MAX);
        expect(Math.abs(after.smearedClient.lastOffsetSeconds)).toBeLessThan(FOLLOW_SECONDS_MAX);
      },
      MINUTES,
    );
  },
);

/** Where the smeared clock stands beside the unsmeared one, so many seconds after the midnight of the latter. */
function lineSeconds(sinceSeconds: number): number {
  const whole = Math.floor(sinceSeconds);
  const event = { eventSeconds: 0, sign: 1, applied: sinceSeconds > 0 };
  return smearOffsetSeconds(SMEAR_LINEAR, event, whole, (sinceSeconds - whole) * 2 ** 32);
}
