import { randomUUID } from 'node:crypto';
import { ActiveConfig, LOGGER, SETTINGS, SecretReferences } from '#boot';
import type { Logger } from '#telemetry';
import type { AuditSettings } from '../config.ts';
import { EntryReader, type Queryable } from '../entries/entry-reader.ts';
import { EXPORT_PARTS } from '../exporting/export.controller.ts';
import type { ExportParts } from '../exporting/export-lines.ts';
import { LedgerProofs } from '../proving/ledger-proofs.ts';
import { QUERIES } from '../tokens.ts';
import { PieceMaker } from './piece-maker.ts';
import type { SenderParts } from './sender.ts';
import { SinkCursors } from './sink-cursors.ts';
import { Sinks } from './sinks.ts';
import { openTarget } from './targets/open-target.ts';

const SENDER_PARTS = Symbol('audit:sender-parts');

/** What sends the ledger on. */
export const sinkParts = [
  {
    provide: SinkCursors,
    inject: [QUERIES],
    useFactory: (queries: Queryable) => new SinkCursors(queries, randomUUID()),
  },
  {
    provide: SENDER_PARTS,
    inject: [SinkCursors, EntryReader, LedgerProofs, EXPORT_PARTS, LOGGER],
    useFactory: (
      cursors: SinkCursors,
      entries: EntryReader,
      proofs: LedgerProofs,
      parts: ExportParts,
      logger: Logger,
    ): SenderParts => ({ cursors, entries, proofs, pieces: new PieceMaker(parts), logger }),
  },
  {
    provide: Sinks,
    inject: [SETTINGS, ActiveConfig, SENDER_PARTS],
    useFactory: (settings: AuditSettings, config: ActiveConfig, parts: SenderParts): Sinks => {
      const { sinkDirectory: directory, sinkAnswerMs: answerMs, origin, secretsDir } = settings;
      const around = { directory, origin, answerMs, secrets: new SecretReferences(secretsDir) };
      const sinks = new Sinks((sink) => openTarget(sink, around), parts);
      config.onChange(({ document }) => sinks.use(document.sinks));
      return sinks;
    },
  },
];
