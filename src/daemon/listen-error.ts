import { formatEndpoint } from '../config/conflicts.ts';
import type { ServerConfig } from '../config/schema.ts';
import { OperatorError } from '../errors.ts';

/** A failed system call as Node and the addon report it. */
interface SystemError extends Error {
  readonly code?: string;
  readonly syscall?: string;
}

/** What the operator is told when the kernel refuses a listener: the cause and the way out, in one line. */
export function listenError(endpoint: string, cause: unknown): OperatorError {
  const { code = '', syscall = '', message } = cause as SystemError;
  const cannot = `cannot serve on ${endpoint}`;
  const options = { cause };
  switch (code) {
    case 'EADDRINUSE':
      return new OperatorError(
        'listen-busy',
        `${cannot}: another program holds this port (find it with "ss -lunp"); stop it or choose another port`,
        options,
      );
    case 'EACCES':
    case 'EPERM':
      if (syscall.endsWith('SO_BINDTODEVICE')) {
        return new OperatorError(
          'listen-permission',
          `${cannot}: binding to an interface is not permitted; before Linux 5.7 it needs CAP_NET_RAW (AmbientCapabilities= of the unit), or leave "interface" out`,
          options,
        );
      }
      return new OperatorError(
        'listen-permission',
        `${cannot}: ${syscall} is not permitted; ports below 1024 need CAP_NET_BIND_SERVICE (setcap, or AmbientCapabilities= of the unit)`,
        options,
      );
    case 'EADDRNOTAVAIL':
      return new OperatorError(
        'listen-no-address',
        `${cannot}: no interface of this machine has the address; see "ip address", or set freebind for one that comes later`,
        options,
      );
    case 'ENODEV':
      return new OperatorError(
        'listen-no-interface',
        `${cannot}: there is no such network interface; see "ip link"`,
        options,
      );
    case 'EINVAL':
      return new OperatorError(
        'listen-no-interface',
        `${cannot}: the kernel calls the address invalid; a link-local address needs its interface, as in [fe80::1%eth0]:123`,
        options,
      );
    case 'EAFNOSUPPORT':
      return new OperatorError(
        'listen-no-address',
        `${cannot}: this machine has no support for the address family; leave the listener out`,
        options,
      );
    case 'EMFILE':
    case 'ENFILE':
      return new OperatorError(
        'too-few-descriptors',
        `${cannot}: too few file descriptors; raise "ulimit -n" (LimitNOFILE= of the unit), or use fewer workers`,
        options,
      );
    default:
      return new OperatorError('listen-failed', `${cannot}: ${message}`, options);
  }
}

/** The same for the listener that the pool says could not be opened, by its index. */
export function listenerError(servers: readonly ServerConfig[], cause: unknown): OperatorError {
  const failed = servers[(cause as { listener?: number }).listener ?? 0] as ServerConfig;
  return listenError(formatEndpoint(failed.listen), cause);
}
