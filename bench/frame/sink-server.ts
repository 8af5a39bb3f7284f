/** Ends the generator's frames on an interface, until it is ended by a signal: `sink-server.ts KIND INTERFACE`. */
import { setImmediate } from 'node:timers/promises';
import { readInterface } from '../../src/load/route.ts';
import { openSink, type SinkKind } from '../../src/native/load-sink.ts';

const [kind, name] = process.argv.slice(2);
const link = readInterface(name ?? '');
if (link === null) throw new Error(`there is no interface ${name}`);
const sink = openSink(kind as SinkKind, link.index);
let stopped = false;
process.once('SIGTERM', () => {
  stopped = true;
});
console.log('sinking');
// Only the echo has something to do; the others wait here all the same.
while (!stopped) {
  sink.slice(50);
  await setImmediate();
}
sink.close();
