/** The yardstick of the benchmarks: the addon's echo on port 123, until it is ended by a signal. */

import { NATIVE_COUNTERS } from '../../src/native/counter-words.ts';
import { type BorrowedSocket, PacketPath } from '../../src/native/packet-path.ts';
import { drawSteeringKey } from '../../src/native/packet-socket.ts';
import { openWakeEvent } from '../../src/native/wake-event.ts';
import { hostAddresses } from '../../src/workers/host-addresses.ts';
import { changeListeners, groupsOf } from '../../src/workers/open-listeners.ts';
import { TimePage } from '../../src/workers/time-page.ts';

const FOREVER_MS = 86_400_000;
// As ntpd-ts opens them: a wildcard, and sockets of their own for the host's addresses.
const { listeners } = changeListeners([], [{ address: '0.0.0.0', port: 123, timestamping: 'none' }], {
  workers: 1,
  steeringKey: drawSteeringKey(),
  hostAddresses,
  onRefused: (_, error) => {
    throw error;
  },
});
const path = new PacketPath({
  sockets: listeners.flatMap(groupsOf).map(({ sockets }) => sockets.perWorker[0] as BorrowedSocket),
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
