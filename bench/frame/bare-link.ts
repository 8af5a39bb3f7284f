/**
 * What the raw engine's link sends without schedule, accounts and distributions: the same frames in a C++ loop.
 * `bare-link.ts TARGET INTERFACE CLIENTS CORE SECONDS`; prints requests per second.
 */
import { Engine } from '../../src/load/engine.ts';
import { parseAddress, parseNetwork } from '../../src/load/network.ts';
import { setThreadAffinity } from '../../src/native/thread-tuning.ts';

const [targetText = '', interfaceName = '', clientsText = '', core = '0', seconds = '1'] = process.argv.slice(2);
const target = parseAddress(targetText);
const network = parseNetwork(clientsText);
if (target === null || network === null) throw new Error('usage: bare-link.ts TARGET INTERFACE CLIENTS CORE SECONDS');
setThreadAffinity(Number(core));
const engine = Engine.open({
  kind: 'raw',
  target,
  targetPort: 123,
  interfaceName,
  network,
  firstClient: 0,
  clients: 16_384,
  queue: 0,
  packetTransmit: false,
  worker: 0,
  workers: 1,
});
console.log(engine.bareRate(Number(seconds) * 1000));
engine.close();
