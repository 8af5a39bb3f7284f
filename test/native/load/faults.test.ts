import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StepResult } from '../../../src/load/step-result.ts';
import type { Fault, ResponderCounts } from '../../../src/native/load-responder.ts';
import { LoadResponder, onlyStep, runLoad } from '../../support/load-responder.ts';
import { type Host, Network } from '../../support/network.ts';
import { PROGRAM } from '../../support/ntpd-ts.ts';
import { describeWith } from '../../support/requirement.ts';
import { Child, pause, run, runOk } from '../../support/run.ts';

/** Primes around a hundred, so that every fault happens and no two always meet. */
const EVERY: Partial<Record<Fault, number>> = {
  drop: 100,
  duplicate: 101,
  origin: 103,
  mode: 107,
  version: 137,
  length: 131,
  stratum: 139,
  stamps: 149,
  elsewhere: 113,
  kiss: 109,
  unsynchronised: 127,
};
const LOST_BY: readonly Fault[] = ['drop', 'origin', 'mode', 'version', 'length', 'stratum', 'stamps', 'elsewhere'];

/** Every count of the generator, against what the responder says it did. */
function expectExactly(step: StepResult, responder: ResponderCounts): void {
  const { counts } = step;
  const { faults } = responder;
  expect(counts.sent).toBe(responder.received);
  expect(counts.replies).toBe(responder.sent);
  expect({
    answered: counts.answered,
    unsynchronised: counts.unsynchronised,
    kissed: counts.kissed,
    kissRate: counts.kissRate,
    lost: counts.lost,
    late: counts.late,
    duplicate: counts.duplicate,
    invalidOrigin: counts.invalidOrigin,
    invalidMode: counts.invalidMode,
    invalidVersion: counts.invalidVersion,
    invalidLength: counts.invalidLength,
    invalidStratum: counts.invalidStratum,
    invalidStamps: counts.invalidStamps,
    invalidAddress: counts.invalidAddress,
    invalidChecksum: counts.invalidChecksum,
  }).toEqual({
    answered: faults.none + faults.duplicate,
    unsynchronised: faults.unsynchronised,
    kissed: faults.kiss,
    kissRate: faults.kiss,
    lost: LOST_BY.reduce((sum, fault) => sum + faults[fault], 0),
    late: 0,
    duplicate: faults.duplicate,
    invalidOrigin: faults.origin,
    invalidMode: faults.mode,
    invalidVersion: faults.version,
    invalidLength: faults.length,
    invalidStratum: faults.stratum,
    invalidStamps: faults.stamps,
    invalidAddress: faults.elsewhere,
    invalidChecksum: 0,
  });
}

await describeWith({}, 'faults over sockets', () => {
  it.each([
    ['IPv4', '127.0.0.1', '127.0.0.2'],
    ['IPv6', '::1', undefined],
  ])('come out exactly as they were injected, over %s', async (_, address, elsewhere) => {
    const { elsewhere: dropped, ...rest } = EVERY;
    const every = elsewhere === undefined ? rest : { ...rest, elsewhere: dropped as number };
    const responder = await LoadResponder.start(null, {
      address,
      ...(elsewhere === undefined ? {} : { elsewhere }),
      port: 11_931,
      every,
      delayMinNs: 1e6,
      delayMaxNs: 20e6,
    });
    const results = await runLoad(null, [address, '--port', '11931', '--rate', '4000', '--duration', '1']);
    expectExactly(onlyStep(results), await responder.stop());
  });

  it('counts replies after the timeout as late, and their requests as lost', async () => {
    const responder = await LoadResponder.start(null, {
      address: '127.0.0.1',
      port: 11_932,
      delayMinNs: 80e6,
      delayMaxNs: 80e6,
    });
    const args = ['127.0.0.1', '--port', '11932', '--rate', '500', '--duration', '0.5', '--timeout', '0.04'];
    const { counts } = onlyStep(await runLoad(null, args));
    await responder.stop();
    expect(counts.lost).toBe(counts.sent);
    expect(counts.answered).toBe(0);
    expect(counts.late).toBeGreaterThan(0);
  });
});

/** What the kernel of `host` counted. */
async function kernelCounts(host: Host): Promise<{ rx: number; tx: number; udpIn: number; wrongAddress: number }> {
  const statistic = async (name: string) =>
    Number(await runOk(host.inside(['cat', `/sys/class/net/${host.device}/statistics/${name}`])));
  const snmp = await runOk(host.inside(['cat', '/proc/net/snmp']));
  const value = (protocol: string, name: string): number => {
    const [names, values] = snmp.split('\n').filter((line) => line.startsWith(`${protocol}:`));
    const at = (names ?? '').split(' ').indexOf(name);
    return Number((values ?? '').split(' ')[at]);
  };
  return {
    rx: await statistic('rx_packets'),
    tx: await statistic('tx_packets'),
    udpIn: value('Udp', 'InDatagrams'),
    wrongAddress: value('Ip', 'InAddrErrors') + value('Ip', 'InUnknownProtos'),
  };
}

await describeWith({ root: true }, 'faults over raw frames', () => {
  let network: Network;
  let generator: Host;
  let server: Host;

  beforeAll(async () => {
    network = await Network.open(2);
    generator = network.host(0);
    server = network.host(1);
    const { namespace, device } = server;
    await runOk(['ip', '-n', namespace, 'route', 'add', '10.99.0.0/16', 'via', generator.ipv4]);
    await runOk(['ip', '-n', namespace, '-6', 'route', 'add', 'fd00:99::/64', 'via', generator.ipv6]);
    await runOk(['ip', '-n', namespace, 'addr', 'add', '10.77.0.9/24', 'dev', device]);
    await runOk(['ip', '-n', namespace, 'addr', 'add', 'fd00:77::9/64', 'dev', device, 'nodad']);
    await runOk(['ip', '-n', namespace, 'addr', 'add', '10.78.0.1/16', 'dev', device]);
    await runOk(['ip', '-n', namespace, 'addr', 'add', 'fd00:78::1/64', 'dev', device, 'nodad']);
    await runOk(['ip', '-n', generator.namespace, 'route', 'add', '10.78.0.1', 'dev', generator.device]);
    await runOk(['ip', '-n', generator.namespace, '-6', 'route', 'add', 'fd00:78::1', 'dev', generator.device]);
  });
  afterAll(() => network?.close());

  it.each([
    ['IPv4', '10.77.0.2', '10.77.0.9', '10.99.0.0/16', []],
    ['IPv6', 'fd00:77::2', 'fd00:77::9', 'fd00:99::/64', []],
    ['IPv4 without AF_XDP', '10.77.0.2', '10.77.0.9', '10.99.0.0/16', ['--packet-transmit']],
    // The second thread finds no second queue on this interface and sends by a packet socket.
    ['IPv4 from two threads', '10.77.0.2', '10.77.0.9', '10.99.0.0/16', ['--workers', '2']],
  ])('come out exactly as they were injected, over %s', async (_, address, elsewhere, clients, more) => {
    const responder = await LoadResponder.start(server, { address, elsewhere, port: 123, every: EVERY });
    const args = [address, '--engine', 'raw', '--clients', clients, '--rate', '5000', '--duration', '1', ...more];
    const results = await runLoad(generator, args);
    expectExactly(onlyStep(results), await responder.stop());
    expect(results.about.engine?.transmit).toBe(more.length > 0 ? 'packet' : 'af_xdp');
  });

  it("agree with the interface's and the server's own counters to the packet", async () => {
    const responder = await LoadResponder.start(server, { address: '10.77.0.2', port: 123 });
    const before = { generator: await kernelCounts(generator), server: await kernelCounts(server) };
    const args = ['10.77.0.2', '--engine', 'raw', '--clients', '10.99.0.0/16', '--rate', '8000', '--duration', '1'];
    const { counts } = onlyStep(await runLoad(generator, args));
    const after = { generator: await kernelCounts(generator), server: await kernelCounts(server) };
    await responder.stop();
    expect(counts.sent).toBeGreaterThan(7000);
    expect(after.server.udpIn - before.server.udpIn).toBe(counts.sent);
    // Besides requests and replies only neighbours were asked for, and told.
    const neighbours = 12;
    expect(after.generator.tx - before.generator.tx - counts.sent).toBeLessThanOrEqual(neighbours);
    expect(after.generator.rx - before.generator.rx - counts.replies).toBeLessThanOrEqual(neighbours);
    expect(after.server.rx - before.server.rx).toBe(after.generator.tx - before.generator.tx);
    // None of the replies, which are for addresses that the host does not have, came up to its stack.
    expect(after.generator.wrongAddress - before.generator.wrongAddress).toBe(0);
  });

  it.each([
    ['ARP', '10.78.0.1', '10.78.128.0/24'],
    ['neighbour discovery', 'fd00:78::1', 'fd00:78::abcd:0/112'],
  ])('clients on the link of the server are answered for by %s', async (_, address, clients) => {
    const responder = await LoadResponder.start(server, { address, port: 123 });
    const args = [address, '--engine', 'raw', '--clients', clients, '--client-count', '100', '--rate', '500'];
    const { counts } = onlyStep(await runLoad(generator, [...args, '--duration', '1', '--timeout', '2']));
    await responder.stop();
    expect(counts.answered).toBe(counts.sent);
  });

  it('leave nothing behind in the kernel, not even when the generator is killed', async () => {
    const argv = generator.inside([
      'timeout',
      '-s',
      'KILL',
      '1',
      process.execPath,
      PROGRAM,
      ...['load', '10.77.0.2', '--engine', 'raw', '--clients', '10.99.0.0/16', '--duration', '30'],
    ]);
    await run(argv);
    const before = await kernelCounts(generator);
    // From the server's NTP port to a client: dropped by the generator while it ran, seen by the stack now.
    const send = `const s=require('dgram').createSocket('udp4');s.bind(123,'10.77.0.2',()=>s.send('x',9,'10.99.0.5',()=>s.close()))`;
    await runOk(server.inside([process.execPath, '-e', send]));
    const after = await kernelCounts(generator);
    expect(after.wrongAddress - before.wrongAddress).toBe(1);
  });

  it('end with a clear word when the interface goes down meanwhile', async () => {
    const args = ['load', '10.77.0.2', '--engine', 'raw', '--clients', '10.99.0.0/16', '--duration', '20'];
    const child = new Child(generator.inside([process.execPath, PROGRAM, ...args]));
    await child.saw(/rate\/s/);
    await pause(1500);
    await runOk(['ip', '-n', generator.namespace, 'link', 'set', generator.device, 'down']);
    expect(await child.exited).toBe(69);
    expect(child.stderr).toMatch(/can no longer be sent \(ENETDOWN\)/);
  });
});
