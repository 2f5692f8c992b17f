import { openDataSource } from '#database';
import { noteSignerFromSeed } from '#ledger';
import { BodyStore, Bus } from '#messaging';
import { keyEncryptionKey, Sealer, SubjectNames } from '#sealing';
import { createLogger } from '#telemetry';
import { EntryReader } from '../../services/audit/entries/entry-reader.ts';
import { Owners } from '../../services/audit/personal/owners.ts';
import { PersonalVault } from '../../services/audit/personal/personal-vault.ts';
import { WordHashes } from '../../services/audit/searching/word-hashes.ts';
import { WordIndexer } from '../../services/audit/searching/word-indexer.ts';
import { ContentOpener } from '../../services/audit/sessions/content-opener.ts';
import { LedgerWriter } from '../../services/audit/writing/ledger-writer.ts';
import { benchOrigin, benchSeed } from './names.ts';

/** The ledger's writer and its word index in a process of their own, so that their CPU can be told from the bench's. */
export interface WriterOrder {
  natsUrl: string;
  natsPassword: string;
  databaseUrl: string;
  subjectNames: string;
  kek: string;
}

/** What the writer used since it was started. */
export interface WriterUse {
  cpuUs: number;
  heapMb: number;
}

export type WriterMessage = WriterOrder | 'start' | 'index' | 'use' | 'role' | 'halt' | 'stop';

interface Running {
  role(): string;
  start(): void;
  halt(): Promise<void>;
  /** Begins with the word index. */
  index(): void;
  stop(): Promise<void>;
}

async function open(order: WriterOrder): Promise<Running> {
  const { natsUrl: url, natsPassword: password, databaseUrl } = order;
  const bus = await Bus.connect({ url, user: 'audit', password });
  const sealer = new Sealer(bus, keyEncryptionKey(Buffer.from(order.kek, 'hex')));
  const secret = Buffer.from(order.subjectNames, 'hex');
  const vault = new PersonalVault(sealer, new Owners(new SubjectNames(secret)));
  const logger = createLogger('bench', 'error');
  const options = {
    ...{ databaseUrl, schema: 'audit', origin: benchOrigin, checkpointEntries: 10_000, checkpointMs: 5000 },
    pickUpMs: 3_600_000,
  };
  const signer = noteSignerFromSeed(benchOrigin, benchSeed);
  let writer: LedgerWriter | undefined;
  const source = await openDataSource({ url: databaseUrl, schema: 'audit', entities: [], migrations: [] });
  const queries = { query: (sql: string, values: unknown[]) => source.query(sql, values) };
  let indexer: WordIndexer | undefined;
  const role = () => writer?.role ?? 'away';
  const halt = async () => writer?.stop();
  return {
    ...{ role, halt },
    start: () => {
      writer = new LedgerWriter(options, bus, vault, { current: signer, previous: null }, logger);
      writer.start();
    },
    index: () => {
      const entries = new EntryReader(queries);
      const opener = new ContentOpener(entries, sealer, new BodyStore(bus));
      const hashes = new WordHashes(secret, benchOrigin);
      const [isWriting, isBusy] = [() => role() === 'writing', () => writer?.isBusy === true];
      indexer = new WordIndexer({ source, queries, entries, opener, hashes, isWriting, isBusy, logger });
    },
    stop: async () => {
      await indexer?.beforeApplicationShutdown();
      await halt();
      await source.destroy();
    },
  };
}

if (process.send !== undefined) {
  let running: Running | null = null;
  let before = process.cpuUsage();
  // Nobody is left who would stop it.
  process.on('disconnect', () => process.exit(1));
  process.on('message', async (message: WriterMessage) => {
    if (typeof message === 'object') {
      running = await open(message);
      process.send?.('ready');
    } else if (message === 'start') {
      before = process.cpuUsage();
      running?.start();
    } else if (message === 'index') {
      running?.index();
    } else if (message === 'use') {
      const { user, system } = process.cpuUsage(before);
      const use: WriterUse = { cpuUs: user + system, heapMb: process.memoryUsage().heapUsed / 1e6 };
      process.send?.(use);
    } else if (message === 'role') {
      process.send?.(running?.role() ?? 'away');
    } else if (message === 'halt') {
      await running?.halt();
      process.send?.('halted');
    } else {
      await running?.stop();
      process.exit(0);
    }
  });
}
