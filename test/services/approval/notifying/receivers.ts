import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { Webhook } from 'standardwebhooks';

/** A call of a webhook, as it came. */
export interface Call {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  json: { type: string; data: Record<string, unknown> & { approvalId: string } };
}

/** What a path answers: a status, a status with headers, or nothing at all. */
export type Behaviour = (
  call: Call,
  count: number,
) => number | { status: number; headers?: Record<string, string>; body?: string } | 'silence';

export interface HookReceiver {
  url: string;
  port: number;
  calls: Call[];
  /** Calls that were answered with silence and are still open. */
  readonly open: number;
  behave(path: string, behaviour: Behaviour): void;
  /** Calls of one path about one approval. */
  of(path: string, approvalId: string): Call[];
  stop(): Promise<void>;
}

/** A receiver of webhooks; 204 unless a path was told otherwise. */
export async function startHookReceiver(host = '127.0.0.1'): Promise<HookReceiver> {
  const calls: Call[] = [];
  const behaviours = new Map<string, Behaviour>();
  let open = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const path = request.url ?? '/';
      const call = { path, headers: request.headers, body, json: JSON.parse(body) as Call['json'] };
      calls.push(call);
      const count = calls.filter((other) => other.path === path).length;
      const answer = behaviours.get(path)?.(call, count) ?? 204;
      if (answer === 'silence') {
        open++;
        response.on('close', () => open--);
        return;
      }
      const {
        status,
        headers = {},
        body: text,
      } = typeof answer === 'number' ? { status: answer } : { ...answer };
      response.writeHead(status, headers).end(text);
    });
  });
  const port = await listen(server, host);
  return {
    ...{ url: `http://127.0.0.1:${port}`, port, calls },
    get open() {
      return open;
    },
    behave: (path, behaviour) => void behaviours.set(path, behaviour),
    of: (path, approvalId) =>
      calls.filter((call) => call.path === path && call.json.data?.approvalId === approvalId),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, host: string): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port)),
  );
}

/** Verifies a call as the Standard Webhooks library does. Throws where the signature isn't by this secret. */
export function verified(call: Call, secret: string): unknown {
  return new Webhook(secret).verify(call.body, call.headers as Record<string, string>);
}

/** A letter as the mail server took it. */
export interface Mail {
  from: string;
  to: string[];
  raw: string;
  /** The header part, unfolded, names in lower case. */
  headers: Record<string, string[]>;
}

export interface MailServer {
  port: number;
  mails: Mail[];
  /** Mails to one address that speak of one request. */
  of(address: string, requestId: string): Mail[];
  /** Each login that was tried: over an encrypted line, or in clear. */
  logins: ('encrypted' | 'clear')[];
  /** Answers the next recipients with this code instead of taking them; 0: takes them. */
  refuseWith(code: number): void;
  stop(): Promise<void>;
}

/**
 * A mail server that asks for one name and password; in clear, or with a certificate: from the first byte (`implicit`),
 * or once the client asks for it.
 */
export async function startMailServer(
  username: string,
  password: string,
  tls?: { cert: string; key: string; implicit?: boolean },
): Promise<MailServer> {
  const mails: Mail[] = [];
  const logins: MailServer['logins'] = [];
  let code = 0;
  const server = new SMTPServer({
    ...{ authOptional: false, allowInsecureAuth: true, logger: false },
    ...(tls
      ? { cert: tls.cert, key: tls.key, secure: tls.implicit === true }
      : { disabledCommands: ['STARTTLS'] }),
    closeTimeout: 100,
    onAuth: (given, session, done) => {
      logins.push(session.secure ? 'encrypted' : 'clear');
      if (given.username === username && given.password === password) done(null, { user: username });
      else done(Object.assign(new Error('no'), { responseCode: 535 }));
    },
    onRcptTo: (address, _session, done) =>
      code === 0
        ? done()
        : done(Object.assign(new Error(`${address.address} is not taken`), { responseCode: code })),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const raw = Buffer.concat(chunks).toString('utf8');
        const from = mailFrom ? mailFrom.address : '';
        mails.push({ from, to: rcptTo.map(({ address }) => address), raw, headers: headersOf(raw) });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port));
  });
  return {
    ...{ port, mails, logins },
    of: (address, requestId) =>
      mails.filter(({ to, raw }) => to.includes(address) && plainText(raw).includes(requestId)),
    refuseWith: (next) => {
      code = next;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A letter's text with quoted-printable undone. */
export function plainText(raw: string): string {
  const bytes = raw
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function headersOf(raw: string): Record<string, string[]> {
  const [head = ''] = raw.split('\r\n\r\n');
  const headers: Record<string, string[]> = {};
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()];
  }
  return headers;
}
