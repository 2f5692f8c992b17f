import type { DataSource } from 'typeorm';
import { LOGGER, readSecret, SETTINGS } from '#boot';
import { Bus } from '#messaging';
import { secretFiles } from '#sealing';
import type { Logger } from '#telemetry';
import type { AuditSettings } from '../config.ts';
import { EntryReader, type Queryable } from '../entries/entry-reader.ts';
import { ContentOpener } from '../sessions/content-opener.ts';
import { DATABASE, QUERIES } from '../tokens.ts';
import { LedgerWriter } from '../writing/ledger-writer.ts';
import { WordHashes } from './word-hashes.ts';
import { WordIndexer } from './word-indexer.ts';
import { WordSearch } from './word-search.ts';

/** What finds requests by their words. */
export const searchParts = [
  {
    provide: WordHashes,
    inject: [SETTINGS],
    useFactory: async (settings: AuditSettings) => {
      const secret = await readSecret(settings, secretFiles.subjectNames);
      return new WordHashes(Buffer.from(secret, 'hex'), settings.origin);
    },
  },
  {
    provide: WordIndexer,
    inject: [LedgerWriter, DATABASE, QUERIES, EntryReader, ContentOpener, WordHashes, LOGGER],
    useFactory: (
      writer: LedgerWriter,
      source: DataSource,
      queries: Queryable,
      entries: EntryReader,
      opener: ContentOpener,
      hashes: WordHashes,
      logger: Logger,
    ) => {
      const [isWriting, isBusy] = [() => writer.role === 'writing', () => writer.isBusy];
      return new WordIndexer({ source, queries, entries, opener, hashes, isWriting, isBusy, logger });
    },
  },
  {
    provide: WordSearch,
    inject: [WordHashes, Bus],
    useFactory: (hashes: WordHashes, bus: Bus) => new WordSearch(hashes, bus),
  },
];
