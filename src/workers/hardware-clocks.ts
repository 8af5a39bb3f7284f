import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  chooseFilter,
  decodeTimestampInfo,
  encodeStampConfig,
  filterServes,
  STAMP_CONFIG_OCTETS,
} from '../core/server/hardware-stamps.ts';
import { PhcMapping } from '../core/server/phc-mapping.ts';
import { decodePhcReading, encodePhcRequest, PHC_READING_OCTETS } from '../core/server/phc-reading.ts';
import { CLOCKS_MAPPING_NS, CLOCKS_WORDS, readClocks } from '../native/clocks.ts';
import { configureStamps, openHardwareClock, readHardwareClock, readTimestampInfo } from '../native/hardware-clock.ts';
import { closeSocket } from '../native/packet-socket.ts';
import { type InterfaceLine, PhcPage } from './phc-page.ts';

/** What came of asking an interface for hardware stamps. */
export interface HardwareReport {
  readonly interface: string;
  /** Null when its card stamps; else why the kernel's stamps serve instead. */
  readonly reason: string | null;
}

interface Card {
  readonly interfaceIndex: number;
  readonly nsPerOctet: number;
  readonly fd: number;
  readonly mapping: PhcMapping;
}

/** A line that was not renewed for so long is not used: two polls missed. */
const LINE_VALID_NS = 3_000_000_000n;
const CLASS = '/sys/class/net';

/**
 * The clocks of the network cards: switches their stamps on, reads them against the system's clock at every poll, and
 * publishes the lines that the workers map card stamps with.
 */
export class HardwareClocks {
  readonly page: PhcPage = new PhcPage();
  readonly reports: readonly HardwareReport[];
  private readonly cards: Card[] = [];
  private readonly request: DataView = new DataView(new ArrayBuffer(PHC_READING_OCTETS));
  private readonly clocks: Int32Array = new Int32Array(new ArrayBuffer(CLOCKS_WORDS * 4));

  /** @param interfaces - names; by default every interface that has a device of its own behind it. */
  constructor(interfaces: readonly string[] = physicalInterfaces()) {
    this.reports = interfaces.map((name) => ({ interface: name, reason: this.open(name) }));
  }

  /** Reads every card and publishes; to be called once a second. */
  poll(): void {
    const lines: InterfaceLine[] = [];
    for (const { interfaceIndex, nsPerOctet, fd, mapping } of this.cards) {
      encodePhcRequest(this.request);
      if (!readHardwareClock(fd, this.request)) continue;
      const reading = decodePhcReading(this.request);
      if (reading === null) continue;
      const monoNs = reading.realNs - this.mappingNs();
      const line = mapping.add(reading.cardNs, monoNs, reading.windowNs);
      if (line === null) continue;
      lines.push({ interfaceIndex, nsPerOctet, line, validMonoNs: monoNs + LINE_VALID_NS });
    }
    this.page.publish(lines);
  }

  close(): void {
    for (const card of this.cards.splice(0)) closeSocket(card.fd);
    this.page.publish([]);
  }

  /** Sets one interface up; the reason when that cannot be. */
  private open(name: string): string | null {
    try {
      const info = decodeTimestampInfo(readTimestampInfo(name));
      const filter = chooseFilter(info);
      if (typeof filter === 'string') return filter;
      const config = new DataView(new ArrayBuffer(STAMP_CONFIG_OCTETS));
      encodeStampConfig(config, filter, info.transmits);
      configureStamps(name, config);
      if (!filterServes(config)) return 'the driver chose a filter that leaves NTP packets out';
      const fd = openHardwareClock(info.clockIndex);
      this.cards.push({
        interfaceIndex: readNumber(name, 'ifindex'),
        nsPerOctet: nsPerOctet(readNumber(name, 'speed')),
        fd,
        mapping: new PhcMapping(),
      });
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private mappingNs(): bigint {
    readClocks(this.clocks);
    const low = BigInt((this.clocks[CLOCKS_MAPPING_NS] as number) >>> 0);
    return (BigInt(this.clocks[CLOCKS_MAPPING_NS + 1] as number) << 32n) | low;
  }
}

/** Time of eight bits on a link of so many Mbit/s; 0 when the speed is not known. */
export function nsPerOctet(megabits: number): number {
  return megabits > 0 ? 8000 / megabits : 0;
}

function physicalInterfaces(): string[] {
  return readdirSync(CLASS).filter((name) => existsSync(`${CLASS}/${name}/device`));
}

function readNumber(name: string, attribute: string): number {
  try {
    return Number(readFileSync(`${CLASS}/${name}/${attribute}`, 'utf8'));
  } catch {
    return -1; // a link that is down has no speed
  }
}
