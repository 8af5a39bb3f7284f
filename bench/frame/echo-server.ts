/** The yardstick of the benchmarks: the addon's echo on port 123, until it is ended by a signal. */

import { NATIVE_COUNTERS } from '../../src/native/counter-words.ts';
import { PacketPath } from '../../src/native/packet-path.ts';
import { openWakeEvent } from '../../src/native/wake-event.ts';
import { openListener } from '../../src/workers/listener-sockets.ts';
import { TimePage } from '../../src/workers/time-page.ts';

const FOREVER_MS = 86_400_000;
const listener = openListener({ address: '0.0.0.0', port: 123, timestamping: 'none' }, 0, 1);
const path = new PacketPath({
  sockets: listener.perWorker,
  wakeFd: openWakeEvent(),
  page: new Int32Array(new TimePage().memory),
  counters: new Float64Array(NATIVE_COUNTERS),
  workerIndex: 0,
  workerBits: 0,
  chosenIds: false,
  correctTransmit: false,
});
console.log('echoing');
path.echo(FOREVER_MS);
