import { noteSignerFromSeed } from '#ledger';
import { Bus } from '#messaging';
import { keyEncryptionKey, Sealer, SubjectNames } from '#sealing';
import { createLogger } from '#telemetry';
import { Owners } from '../services/audit/owners.ts';
import { PersonalVault } from '../services/audit/personal-vault.ts';
import { LedgerWriter } from '../services/audit/writing/ledger-writer.ts';

/** The ledger's writer alone in a process, so that its CPU can be told from the bench's. */
export interface WriterOrder {
  natsUrl: string;
  natsPassword: string;
  databaseUrl: string;
  subjectNames: string;
  kek: string;
}

/** What the writer used from its first commit to the end, µs. */
export interface WriterUse {
  cpuUs: number;
  heapMb: number;
}

async function write(order: WriterOrder): Promise<LedgerWriter> {
  const { natsUrl: url, natsPassword: password, databaseUrl } = order;
  const bus = await Bus.connect({ url, user: 'audit', password });
  const sealer = new Sealer(bus, keyEncryptionKey(Buffer.from(order.kek, 'hex')));
  const owners = new Owners(new SubjectNames(Buffer.from(order.subjectNames, 'hex')));
  return new LedgerWriter(
    {
      databaseUrl,
      schema: 'audit',
      origin: 'bench',
      checkpointEntries: 10_000,
      checkpointMs: 5000,
      pickUpMs: 3_600_000,
    },
    bus,
    new PersonalVault(sealer, owners),
    noteSignerFromSeed('bench', Buffer.alloc(32, 1)),
    createLogger('bench', 'error'),
  );
}

if (process.send !== undefined) {
  let writer: LedgerWriter | null = null;
  let before = process.cpuUsage();
  process.on('message', async (message: WriterOrder | 'start' | 'use' | 'stop') => {
    if (typeof message === 'object') {
      writer = await write(message);
      process.send?.('ready');
    } else if (message === 'start') {
      before = process.cpuUsage();
      writer?.start();
    } else if (message === 'use') {
      const { user, system } = process.cpuUsage(before);
      const use: WriterUse = { cpuUs: user + system, heapMb: process.memoryUsage().heapUsed / 1e6 };
      process.send?.(use);
    } else {
      await writer?.stop();
      process.exit(0);
    }
  });
}
