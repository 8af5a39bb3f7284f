import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runDirectory } from '../../support/directory.ts';
import { sweepOf } from '../../support/load-results.ts';
import { ntpdTs } from '../../support/ntpd-ts.ts';
import { readPng } from '../../support/png.ts';
import { describeWith } from '../../support/requirement.ts';
import { run } from '../../support/run.ts';

const WIDTH = 1200;
const HEIGHT = 1700;
/** The first two colours of the page's palette. */
const BLUE = [0x25, 0x63, 0xa8];
const ORANGE = [0xc2, 0x41, 0x0c];

await describeWith({ commands: ['chromium'] }, 'the page of compare, in headless Chromium', () => {
  const directory = runDirectory('page');

  it('opens without errors and without the network, and its plots are there', async () => {
    const files = [sweepOf('one', 200_000), sweepOf('two', 300_000)].map((results, i) => {
      const file = join(directory, `${i}.json`);
      writeFileSync(file, JSON.stringify(results));
      return file;
    });
    const page = join(directory, 'page.html');
    expect((await ntpdTs(null, ['load', 'compare', ...files, '--html', page])).status).toBe(0);

    const picture = join(directory, 'page.png');
    const log = join(directory, 'net.json');
    const done = await run(
      [
        'chromium',
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--host-resolver-rules=MAP * ~NOTFOUND'],
        ...[`--user-data-dir=${join(directory, 'profile')}`, `--log-net-log=${log}`, '--enable-logging=stderr'],
        ...[`--window-size=${WIDTH},${HEIGHT}`, '--hide-scrollbars', `--screenshot=${picture}`, `file://${page}`],
      ],
      // A sanitizer's runtime that is loaded into everything does not go together with Chromium's own allocator.
      { timeoutMs: 100_000, env: { LD_PRELOAD: '' } },
    );
    expect(done.status, done.stderr).toBe(0);
    // What a page does wrong (a script error, something its policy refuses) Chromium logs as CONSOLE; its own pages, too.
    const complaints = done.stderr.split('\n').filter((line) => line.includes('CONSOLE'));
    expect(complaints.filter((line) => !line.includes('source: chrome://'))).toEqual([]);
    // The page asked for nothing: what went to other hosts (one event a line) is the browser's own and has no origin.
    const requests = readFileSync(log, 'utf8')
      .split('\n')
      .filter((event) => event.includes('"initiator":') && /"url":"(?:https?|ftp|wss?):/.test(event));
    expect(requests.filter((event) => !event.includes('"initiator":"not an origin"'))).toEqual([]);

    const image = readPng(readFileSync(picture));
    expect([image.width, image.height]).toEqual([WIDTH, HEIGHT]);
    // Both servers' lines are drawn in all the plots of the left and the right column.
    const coloured = (colour: readonly number[], fromX: number, toX: number, fromY: number, toY: number): number => {
      let count = 0;
      for (let y = fromY; y < toY; y++) {
        for (let x = fromX; x < toX; x++) {
          const pixel = image.at(x, y);
          if (pixel.every((value, i) => Math.abs(value - (colour[i] as number)) < 24)) count++;
        }
      }
      return count;
    };
    for (const [fromX, toX] of [
      [0, 600],
      [600, WIDTH],
    ] as const) {
      for (const fromY of [150, 500, 850]) {
        for (const colour of [BLUE, ORANGE]) {
          const where = `${fromX},${fromY} ${colour}`;
          expect(coloured(colour, fromX, toX, fromY, fromY + 350), where).toBeGreaterThan(200);
        }
      }
    }
  });
});
