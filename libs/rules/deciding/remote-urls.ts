import type { Connection } from '#contracts';
import { fitsGlob } from '../glob.ts';

/** Why a URL that the model's server would fetch is refused; undefined where all are listed. */
export function checkRemoteUrls(
  connection: Connection,
  remoteUrls: readonly { readonly pointer: string; readonly url: string }[],
): string | undefined {
  for (const { url, pointer } of remoteUrls) {
    const host = hostOf(url);
    if (host === undefined) return `The URL at ${shown(pointer)} is not an http or https URL.`;
    if (!connection.remoteUrlHosts?.some((glob) => fitsGlob(glob, host))) {
      return `The host of the URL at ${shown(pointer)} is not listed for this connection.`;
    }
  }
  return undefined;
}

function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, username, password } = new URL(url);
  const plain = (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
  return plain && hostname !== '' ? hostname : undefined;
}

function shown(pointer: string): string {
  return pointer.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
