import { Child } from './run.ts';

/** Writes chrony's SOCK samples: the clock is wrong by a fixed amount, says this reference clock once a second. */
const WRITER = `
import socket, struct, sys, time
path, offset = sys.argv[1], float(sys.argv[2])
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
print("writing", flush=True)
while True:
    now = time.time()
    sample = struct.pack("=qqdiiii", int(now), int(now % 1 * 1e6), offset, 0, 0, 0, 0x534F434B)
    try:
        sender.sendto(sample, path)
    except OSError:
        pass
    time.sleep(1)
`;

/** Feeds a chronyd's `refclock SOCK path` with a time that is ahead of the system clock by `offsetSeconds`. */
export async function startSockClock(path: string, offsetSeconds: number): Promise<Child> {
  const child = new Child(['python3', '-c', WRITER, path, String(offsetSeconds)]);
  await child.saw(/writing/);
  return child;
}
