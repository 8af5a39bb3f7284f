const NETWORK_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on that port (ICMP port unreachable)',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'there is no route to its network',
  EACCES: 'a firewall of this machine forbids it',
  EPERM: 'a firewall of this machine forbids it',
  ENODEV: 'there is no such network interface',
  EINVAL: 'the kernel calls the address invalid; a link-local one needs its interface, as in [fe80::1%eth0]',
  EADDRNOTAVAIL: 'this machine has no address that could ask it',
};

/** Why a request could not be sent or was refused, in words; the code itself where it is a rare one. */
export function describeNetworkError(code: string): string {
  return NETWORK_ERRORS[code] ?? code;
}
