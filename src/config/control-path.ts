import { join } from 'node:path';
import type { Config } from './schema.ts';

/**
 * Where the daemon's control socket is: as configured, else in the service's runtime directory, else in root's or
 * the user's own.
 *
 * @returns null when there is no such place.
 */
export function controlPath(
  observability: Config['observability'],
  environment: NodeJS.ProcessEnv = process.env,
  uid: number | undefined = process.getuid?.(),
): string | null {
  if (observability.observationPath !== null) return observability.observationPath;
  const runtime = environment['RUNTIME_DIRECTORY']?.split(':')[0];
  if (runtime) return join(runtime, 'control.sock');
  if (uid === 0) return '/run/ntpd-ts/control.sock';
  const user = environment['XDG_RUNTIME_DIR'];
  return user ? join(user, 'ntpd-ts', 'control.sock') : null;
}
