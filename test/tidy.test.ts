/** A test about the code itself: what the reader of src/README.md is promised, held true. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withTables } from '../bench/report.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Past this a file is two ideas. */
const LINES_MAX = 400;

/** Which rooms each room may import, besides itself and `errors.ts` (src/README.md). */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  core: ['protocol'],
  config: ['protocol', 'core'],
  native: ['protocol', 'core'],
  workers: ['protocol', 'core', 'native'],
  daemon: ['protocol', 'core', 'native', 'workers', 'config', 'control', 'load', 'simulate'],
  control: ['protocol', 'core', 'native', 'config'],
  load: ['protocol', 'core', 'native'],
  simulate: ['protocol', 'core', 'config'],
};

/** Rooms whose types another room speaks of, without importing what they do: the verbs read the daemon's status. */
const TYPE_ARROWS: Readonly<Record<string, readonly string[]>> = { control: ['daemon'] };

/**
 * Units whose test is not test/unit's mirror of them but another, because what they do shows only with real sockets,
 * threads, programs or simulated days: file or folder, and where it is tested.
 */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'src/control/client.ts': 'test/native/cli.test.ts',
  'src/control/force-sync.ts': 'test/native/cli.test.ts',
  'src/control/query.ts': 'test/native/cli.test.ts',
  'src/control/reload.ts': 'test/native/cli.test.ts',
  'src/control/sources.ts': 'test/native/cli.test.ts',
  'src/control/status.ts': 'test/native/cli.test.ts',
  'src/control/waitsync.ts': 'test/native/cli.test.ts',
  'src/daemon/background-reader.ts': 'test/native/reload.test.ts',
  'src/daemon/check.ts': 'test/native/cli.test.ts',
  'src/daemon/daemon.ts': 'test/native/cli.test.ts',
  'src/daemon/reading-task.ts': 'test/native/reload.test.ts',
  'src/daemon/reading.ts': 'test/native/cli.test.ts',
  'src/daemon/serve.ts': 'test/native/cli.test.ts',
  'src/daemon/serving.ts': 'test/native/reload.test.ts',
  'src/daemon/synchroniser.ts': 'test/conformance/synchronise.test.ts',
  'src/load/measure.ts': 'test/native/load/behaviour.test.ts',
  'src/load/worker.ts': 'test/native/load/behaviour.test.ts',
  'src/native/client-socket.ts': 'test/native/client-socket.test.ts',
  'src/native/hardware-clock.ts': 'test/native/hardware-map.test.ts',
  'src/native/key-ring.ts': 'test/native/key-ring.test.ts',
  'src/native/load-engine.ts': 'test/native/load/behaviour.test.ts',
  'src/native/load-responder.ts': 'test/native/load/faults.test.ts',
  'src/native/load-sink.ts': 'bench/load/generator.ts',
  'src/native/packet-path.ts': 'test/native/packet-path.test.ts',
  'src/native/packet-socket.ts': 'test/native/addresses.test.ts',
  'src/native/standing-filter.ts': 'test/native/standing-filter.test.ts',
  'src/simulate/daemon-agent.ts': 'test/simulation/scenarios.test.ts',
  'src/workers/open-listeners.ts': 'test/native/reconfigure.test.ts',
  'src/workers/overload-guard.ts': 'test/native/overload.test.ts',
  'src/workers/pool.ts': 'test/native/pool.test.ts',
  'src/workers/serve-loop.ts': 'test/native/allocation.test.ts',
  'src/workers/serving-threads.ts': 'test/native/serving-threads.test.ts',
  'src/workers/standing-filters.ts': 'test/native/overload.test.ts',
  'src/workers/worker-policy.ts': 'test/native/reconfigure.test.ts',
};

/** What the top level may hold; everything else has a room. */
const TOP_LEVEL = [
  ...['addon', 'bench', 'deploy', 'src', 'test', '.ci'],
  ...['CHANGELOG.md', 'DEVELOPERS.md', 'LICENSE', 'README.md'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json', 'vitest.config.ts'],
  ...['.gitignore', '.npmrc', '.clang-format', '.npmignore', '.editorconfig', '.github'],
];

/** Marks of work that is not finished. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);

const files = trackedFiles();
const code = files.filter((file) => /\.(ts|mjs|cc|h)$/.test(file));
const sources = files.filter((file) => /^src\/.*\.ts$/.test(file));

describe('the code', () => {
  it('imports along the arrows between the rooms', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const room = roomOf(file);
      if (room === undefined) continue;
      const running = new Set(importsOf(file, false));
      for (const target of importsOf(file)) {
        const other = roomOf(target);
        if (other === undefined || other === room || ARROWS[room]?.includes(other)) continue;
        if (!running.has(target) && TYPE_ARROWS[room]?.includes(other)) continue;
        wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keeps to the rooms that are named', () => {
    const rooms = new Set(sources.map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].filter((room) => !(room in ARROWS))).toEqual([]);
    const readme = read('src/README.md');
    expect(Object.keys(ARROWS).filter((room) => !readme.includes(`\`${room}\``))).toEqual([]);
  });

  it('has no circles of imports', () => {
    expect(circles()).toEqual([]);
  });

  it('re-exports in one file only', () => {
    const barrels = sources.filter((file) => /^export (\*|\{[^}]*\}) from/m.test(read(file)));
    expect(barrels.filter((file) => file !== 'src/index.ts')).toEqual([]);
  });

  it('loads the addon in one place', () => {
    const loading = sources.filter((file) => /ntpd_ts\.node/.test(read(file)));
    expect(loading).toEqual(['src/native/binding.ts']);
  });

  it('keeps one idea in a file', () => {
    const long = code.map((file) => [file, read(file).split('\n').length] as const).filter(([, n]) => n > LINES_MAX);
    expect(long).toEqual([]);
  });

  it('is finished', () => {
    expect(code.filter((file) => UNFINISHED.test(read(file)))).toEqual([]);
  });

  it('says on its first line what each file of the addon is', () => {
    const silent = code
      .filter((file) => /^addon\/.*\.(cc|h)$/.test(file))
      .filter((file) => !read(file).startsWith(`// ${file.slice('addon/'.length)}: `));
    expect(silent).toEqual([]);
  });

  it('keeps no state in the addon outside of objects', () => {
    // The addon is loaded once per worker: what is static and changes would be shared behind everybody's back.
    const mutable = code
      .filter((file) => /^addon\/.*\.(cc|h)$/.test(file))
      .filter((file) => /^\s*static (?!constexpr\b|const\b)\S+ \w+\s*(=|;|\{)/m.test(read(file)));
    expect(mutable).toEqual([]);
  });
});

describe('the tests', () => {
  it('of units mirror the sources', () => {
    const strays = files
      .filter((file) => /^test\/unit\/.*\.test\.ts$/.test(file))
      .filter((file) => !existsSync(join(ROOT, file.replace(/^test\/unit/, 'src').replace(/\.test\.ts$/, '.ts'))));
    expect(strays).toEqual([]);
  });

  it('leave no unit untested', () => {
    const untested = sources
      .filter(hasFunctions)
      .filter((file) => !(file in TESTED_ELSEWHERE) && !existsSync(join(ROOT, mirrorOf(file))));
    expect(untested, 'without a test of their own').toEqual([]);
  });

  it('are skipped with a reason or not at all', () => {
    const silent = files
      .filter((file) => /^test\/.*\.ts$/.test(file) && file !== 'test/support/requirement.ts')
      .filter((file) => /\.(skip|skipIf|runIf|only)\(/.test(read(file)));
    expect(silent, 'see test/support/requirement.ts').toEqual([]);
  });

  it('that stand for another are there, and only where there is no mirror', () => {
    const wrong = Object.entries(TESTED_ELSEWHERE).filter(
      ([file, elsewhere]) =>
        !sources.includes(file) || !files.includes(elsewhere) || existsSync(join(ROOT, mirrorOf(file))),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the project', () => {
  it('has nothing at the top level but what belongs there', () => {
    const top = new Set(files.map((file) => file.split('/')[0] as string));
    expect([...top].filter((name) => !TOP_LEVEL.includes(name))).toEqual([]);
  });

  it('shows in README the results that were kept', () => {
    const readme = read('README.md');
    expect(withTables(readme), 'run: npm run bench:report').toBe(readme);
  });

  it('names in README only scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('README.md').matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] as string);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Files of the project: what git knows, else (an unpacked archive) what is there. */
function trackedFiles(): string[] {
  try {
    const known = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return known.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)));
  } catch {
    return ['src', 'test', 'bench', 'addon'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => `${folder}/${name}`)
        .filter((name) => !name.startsWith('addon/build/') && /\.[a-z]+$/.test(name)),
    );
  }
}

function roomOf(file: string): string | undefined {
  return /^src\/([a-z]+)\//.exec(file)?.[1];
}

/** Files that `file` imports, relative to the root; `typesToo` counts imports that vanish when it is built. */
function importsOf(file: string, typesToo = true): string[] {
  const statements = read(file).matchAll(/^(import|export)( type)?\b[^;]*? from '(\.[^']+)'/gm);
  const dynamic = read(file).matchAll(/import\('(\.[^']+)'\)/g);
  const targets = [...statements]
    .filter((match) => typesToo || match[2] === undefined)
    .map((match) => match[3] as string);
  if (typesToo) targets.push(...[...dynamic].map((match) => match[1] as string));
  return targets.map((target) => relative(ROOT, resolve(ROOT, dirname(file), target)));
}

/** Circles among imports that are there when the program runs. */
function circles(): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      return;
    }
    if (done.has(file) || !sources.includes(file)) return;
    for (const target of importsOf(file, false)) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of sources) walk(file, []);
  return found;
}

/** Whether a file does something, beyond naming types and numbers. */
function hasFunctions(file: string): boolean {
  return /^export (default )?(async )?(function|class)/m.test(read(file));
}

/** Where the unit test of a source file belongs. */
function mirrorOf(file: string): string {
  return file.replace(/^src/, 'test/unit').replace(/\.ts$/, '.test.ts');
}
