import { createTransport } from 'nodemailer';
import type { EmailChannel } from '#contracts';
import { type Attempt, failed, refused } from '../delivering/attempt.ts';
import type { EmailMessage } from './email-message.ts';

export interface Letter {
  message: EmailMessage;
  /** One address. */
  to: string;
  /** The same on every attempt, so that a mail program knows a repetition. */
  id: string;
  /** What the letters of one approval request have in common. */
  thread: string;
}

/** Hands one letter to the mail server. Never rejects. */
export async function sendEmail(
  { from, server }: Pick<EmailChannel, 'from' | 'server'>,
  password: string | undefined,
  letter: Letter,
  timeoutMs: number,
): Promise<Attempt> {
  const { host, port, tls, username } = server;
  const transport = createTransport({
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...(username !== undefined && password !== undefined && { auth: { user: username, pass: password } }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail(mailOf(from, letter));
    return { kind: 'delivered' };
  } catch (error) {
    return attemptOf(error);
  } finally {
    transport.close();
  }
}

function mailOf(from: string, { message, to, id, thread }: Letter) {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const { subject, text, html } = message;
  return {
    from: { name: 'Sallyport', address: from },
    to: { name: '', address: to },
    envelope: { from, to: [to] },
    messageId: `<${id}@${domain}>`,
    references: `<${thread.replace(/[^A-Za-z0-9.-]/g, '')}@${domain}>`,
    // RFC 3834: nobody's vacation notice answers this.
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...{ subject, text, html },
  };
}

/** Where nodemailer says that the server takes the receiver, or the letter, not at all. */
const aboutTheLetter: ReadonlySet<unknown> = new Set(['EENVELOPE', 'EMESSAGE']);

/** A mail server's refusal as a code: its words may hold addresses. */
function attemptOf(error: unknown): Attempt {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  if (typeof responseCode === 'number') {
    const said = `smtp.${responseCode}`;
    // RFC 5321: 5yz is for good. Of receivers and letters, that is: how we log in or encrypt can be put right here.
    return responseCode >= 500 && aboutTheLetter.has(code) ? refused(said) : failed(said);
  }
  return failed(
    typeof code === 'string' && /^[A-Z_]{2,30}$/.test(code) ? `smtp.${code.toLowerCase()}` : 'smtp.failed',
  );
}
