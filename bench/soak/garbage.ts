/** Sends what no server should mind to ADDRESS (argument): any octets of any length, from ever new ports. */
import { randomFillSync, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';

const target = process.argv[2] ?? '127.0.0.1';
const PER_TICK = 20;
const TICK_MS = 10;
const OCTETS_MAX = 2048;
const TICKS_PER_PORT = 50;
/** Client, control and private messages, symmetric active. */
const MODES = [3, 6, 7, 1] as const;

let socket = createSocket('udp4');
let ticks = 0;
setInterval(() => {
  if (++ticks % TICKS_PER_PORT === 0) {
    socket.close();
    socket = createSocket('udp4');
  }
  socket.on('error', () => undefined);
  for (let i = 0; i < PER_TICK; i++) {
    const packet = randomFillSync(new Uint8Array(randomInt(OCTETS_MAX)));
    // Half of it at least looks like a request, a control message or a private one at first sight.
    if (packet.length > 0 && i % 2 === 0) packet[0] = (randomInt(8) << 3) | (MODES[randomInt(MODES.length)] ?? 3);
    socket.send(packet, 123, target);
  }
}, TICK_MS);
