import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packageRoot } from '#embedded';
import { scriptArguments } from '#testing';
import { Authority, type Certificate } from '../../certificates.ts';
import { type MailServer, startMailServer } from './receivers.ts';

const username = 'gate';
const password = 'mail-password';
let dir: string;
let authority: Authority;
let right: Certificate;
let other: Certificate;
const servers: MailServer[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sallyport-mail-'));
  authority = await Authority.make('Mail test authority');
  [right, other] = await Promise.all([authority.issue('localhost'), authority.issue('elsewhere.test')]);
  await writeFile(join(dir, 'ca.pem'), authority.ca);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(dir, { recursive: true, force: true });
});

async function serve(tls: Parameters<typeof startMailServer>[2]): Promise<MailServer> {
  const server = await startMailServer(username, password, tls);
  servers.push(server);
  return server;
}

/** Sends one letter by each server, from a process that trusts the authority or doesn't. */
async function send(
  to: readonly { server: MailServer; tls: 'starttls' | 'implicit' }[],
  trusting: boolean,
): Promise<{ kind: string; error?: string }[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a secret
  const login = { username, secret: '${file:smtp}' };
  const channels = to.map(({ server, tls }) => ({ host: 'localhost', port: server.port, tls, ...login }));
  const root = packageRoot();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...scriptArguments('test/services/approval/notifying/send-letters.ts'), JSON.stringify(channels)],
    {
      cwd: root,
      env: { PATH: process.env.PATH, ...(trusting && { NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') }) },
    },
  );
  return JSON.parse(stdout) as { kind: string; error?: string }[];
}

describe('a letter goes encrypted', () => {
  test('to a server whose certificate is from an authority that the process trusts', async () => {
    const [upgraded, whole] = [await serve({ ...right }), await serve({ ...right, implicit: true })];
    const attempts = await send(
      [
        { server: upgraded, tls: 'starttls' },
        { server: whole, tls: 'implicit' },
      ],
      true,
    );
    expect(attempts).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }]);
    for (const server of [upgraded, whole]) {
      expect(server.mails).toHaveLength(1);
      expect(server.logins).toEqual(['encrypted']);
    }
  });

  test('and to none that is not trusted, has another name, or offers no encryption: no password is told', async () => {
    const [untrusted, misnamed, plain] = [await serve(right), await serve(other), await serve(undefined)];
    const unknown = await send([{ server: untrusted, tls: 'starttls' }], false);
    const attempts = await send(
      [
        { server: misnamed, tls: 'starttls' },
        { server: plain, tls: 'starttls' },
      ],
      true,
    );
    for (const attempt of [...unknown, ...attempts]) expect(attempt.kind).toBe('failed');
    for (const server of [untrusted, misnamed, plain]) {
      expect(server.mails).toEqual([]);
      expect(server.logins).toEqual([]);
    }
  });
});
