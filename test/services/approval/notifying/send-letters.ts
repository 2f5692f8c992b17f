import { EmailChannel } from '#contracts';
import { sendEmail } from '../../../../services/approval/notifying/email/send-email.ts';

/** Sends a letter by each mail server of the first argument, in a process whose trust the environment says. */
const servers = JSON.parse(process.argv[2] ?? '[]') as object[];
const letter = {
  message: { subject: 'It waits', text: 'It waits for you.', html: '<p>It waits for you.</p>' },
  ...{ to: 'alice@example.test', id: 'msg_1', thread: 'req-1' },
};
const attempts = [];
for (const server of servers) {
  const channel = EmailChannel.parse({ from: 'gate@example.test', server });
  attempts.push(await sendEmail(channel, 'mail-password', letter, 10_000));
}
process.stdout.write(JSON.stringify(attempts));
