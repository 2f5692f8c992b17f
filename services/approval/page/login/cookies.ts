/** How a cookie is kept: always HttpOnly, SameSite=Lax (a link in an e-mail still finds the session), Secure over https. */
export interface CookieRule {
  secure: boolean;
  path: string;
  maxAgeSeconds: number;
}

/** Browsers keep 4,096 bytes for name, value and attributes (RFC 6265, §6.1). */
const chunkLength = 3700;
/** Node takes 16 KiB of request headers in all. */
const maxChunks = 3;

/** The cookies of a request by name; the first of a name counts. */
export function readCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0)).trim();
    if (name !== '' && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim());
  }
  return cookies;
}

/** One `Set-Cookie` line (RFC 6265, §4.1). The value has to be of cookie octets, as base64url and JWE are. */
export function writeCookie(name: string, value: string, rule: CookieRule): string {
  const age = value === '' ? 0 : rule.maxAgeSeconds;
  const parts = [`${name}=${value}`, `Path=${rule.path}`, `Max-Age=${age}`, 'HttpOnly', 'SameSite=Lax'];
  return [...parts, ...(rule.secure ? ['Secure'] : [])].join('; ');
}

/** A long value over several cookies, the unused ones cleared; undefined where it is too long for three. */
export function writeLong(name: string, value: string, rule: CookieRule): string[] | undefined {
  if (value.length > chunkLength * maxChunks) return undefined;
  return Array.from({ length: maxChunks }, (_, index) =>
    writeCookie(`${name}.${index}`, value.slice(index * chunkLength, (index + 1) * chunkLength), rule),
  );
}

/** What `writeLong` wrote. */
export function readLong(cookies: ReadonlyMap<string, string>, name: string): string {
  return Array.from({ length: maxChunks }, (_, index) => cookies.get(`${name}.${index}`) ?? '').join('');
}
