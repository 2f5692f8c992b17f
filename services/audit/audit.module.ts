import { Inject, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ActiveConfig, LOGGER, Readiness, readSecret, SETTINGS } from '#boot';
import { asMissingDependency, openDataSource } from '#database';
import type { NoteSigner } from '#ledger';
import { BodyStore, Bus } from '#messaging';
import { PeopleReleaseVerifier, QuestionSigner, Sealer, SubjectNames, secretFiles } from '#sealing';
import type { Logger } from '#telemetry';
import type { AuditSettings } from './config.ts';
import { DeadLettersController } from './dead-letters/dead-letters.controller.ts';
import { DeadLetters } from './dead-letters/dead-letters.ts';
import { EntryReader, type Queryable } from './entries/entry-reader.ts';
import { ErasureQuestions } from './erasing/erasure-questions.ts';
import { ErasureStore } from './erasing/erasure-store.ts';
import { ErasuresController } from './erasing/erasures.controller.ts';
import { OnApprovalDecided } from './erasing/on-approval-decided.ts';
import { EXPORT_PARTS, ExportController } from './exporting/export.controller.ts';
import type { ExportParts } from './exporting/export-lines.ts';
import { HoldsController } from './holding/holds.controller.ts';
import { LegalHolds } from './holding/legal-holds.ts';
import { auditMigrations } from './migrations.ts';
import { Owners } from './personal/owners.ts';
import { PersonalVault } from './personal/personal-vault.ts';
import { LedgerController } from './proving/ledger.controller.ts';
import { LedgerProofs } from './proving/ledger-proofs.ts';
import { Incidents } from './reconciling/incidents.ts';
import { RecordedController } from './recorded/recorded.controller.ts';
import { RecordedRequests } from './recorded/recorded-requests.ts';
import { ReportsController } from './reporting/reports.controller.ts';
import { Reports } from './reporting/reports.ts';
import { type RetentionRule, retentionRule } from './retaining/due.ts';
import { KeysController } from './rotating/keys.controller.ts';
import { searchParts } from './searching/parts.ts';
import { ContentOpener } from './sessions/content-opener.ts';
import { SessionStore } from './sessions/session-store.ts';
import { SessionsController } from './sessions/sessions.controller.ts';
import { LedgerKeys } from './signing/ledger-keys.ts';
import { type LedgerSigners, readSigners, SIGNERS } from './signing/signers.ts';
import { sinkParts } from './sinks/parts.ts';
import { SinksController } from './sinks/sinks.controller.ts';
import { DATABASE, QUERIES, SIGNER } from './tokens.ts';
import { LedgerWriter } from './writing/ledger-writer.ts';

const schema = 'audit';

@Module({
  controllers: [
    SessionsController,
    RecordedController,
    LedgerController,
    ExportController,
    DeadLettersController,
    ErasuresController,
    HoldsController,
    KeysController,
    SinksController,
    ReportsController,
  ],
  providers: [
    {
      provide: DATABASE,
      inject: [SETTINGS, LOGGER],
      useFactory: ({ databaseUrl: url, ownerDatabaseUrl, poolSize }: AuditSettings, logger: Logger) =>
        openDataSource({
          ...{
            url,
            schema,
            poolSize,
            entities: [],
            migrations: auditMigrations,
          },
          ...(ownerDatabaseUrl !== undefined && { ownerUrl: ownerDatabaseUrl }),
          onWaiting: () => logger.warn('waiting for postgres'),
        }),
    },
    {
      provide: QUERIES,
      inject: [DATABASE],
      useFactory: (source: DataSource): Queryable => ({
        query: (sql, parameters) =>
          source.query(sql, parameters).catch((error: unknown) => {
            throw asMissingDependency(error);
          }),
      }),
    },
    { provide: SIGNERS, inject: [SETTINGS], useFactory: readSigners },
    { provide: SIGNER, inject: [SIGNERS], useFactory: ({ current }: LedgerSigners) => current },
    {
      provide: LedgerKeys,
      inject: [QUERIES, SIGNERS],
      useFactory: (queries: Queryable, signers: LedgerSigners) => new LedgerKeys(queries, signers),
    },
    {
      provide: Owners,
      inject: [SETTINGS],
      useFactory: async (settings: AuditSettings) => {
        const secret = await readSecret(settings, secretFiles.subjectNames);
        return new Owners(new SubjectNames(Buffer.from(secret, 'hex')));
      },
    },
    {
      provide: PersonalVault,
      inject: [Sealer, Owners],
      useFactory: (sealer: Sealer, owners: Owners) => new PersonalVault(sealer, owners),
    },
    {
      provide: LedgerWriter,
      inject: [SETTINGS, ActiveConfig, Bus, PersonalVault, SIGNERS, LOGGER],
      useFactory: (
        settings: AuditSettings,
        config: ActiveConfig,
        ...rest: [Bus, PersonalVault, LedgerSigners, Logger]
      ) => {
        const retention = (): RetentionRule | null =>
          config.current ? retentionRule(config.current.document, config.current.revision) : null;
        return new LedgerWriter({ ...settings, schema, retention }, ...rest);
      },
    },
    { provide: EntryReader, inject: [QUERIES], useFactory: (queries: Queryable) => new EntryReader(queries) },
    { provide: Incidents, inject: [QUERIES], useFactory: (queries: Queryable) => new Incidents(queries) },
    {
      provide: LedgerProofs,
      inject: [QUERIES, EntryReader, LedgerKeys],
      useFactory: (...parts: ConstructorParameters<typeof LedgerProofs>) => new LedgerProofs(...parts),
    },
    {
      provide: EXPORT_PARTS,
      inject: [EntryReader, LedgerProofs, PersonalVault, SIGNER, SETTINGS],
      useFactory: (
        entries: EntryReader,
        proofs: LedgerProofs,
        vault: PersonalVault,
        signer: NoteSigner,
        { origin }: AuditSettings,
      ): ExportParts => ({ entries, proofs, vault, signer, origin }),
    },
    {
      provide: SessionStore,
      inject: [QUERIES, EntryReader, PersonalVault],
      useFactory: (...parts: ConstructorParameters<typeof SessionStore>) => new SessionStore(...parts),
    },
    {
      provide: PeopleReleaseVerifier,
      inject: [SETTINGS],
      useFactory: async (settings: AuditSettings) =>
        new PeopleReleaseVerifier(await readSecret(settings, secretFiles.approvalVerifyKey)),
    },
    {
      provide: LegalHolds,
      inject: [QUERIES, Sealer],
      useFactory: (queries: Queryable, sealer: Sealer) => new LegalHolds(queries, sealer),
    },
    {
      provide: ErasureStore,
      inject: [QUERIES],
      useFactory: (queries: Queryable) => new ErasureStore(queries),
    },
    ...sinkParts,
    ...searchParts,
    {
      provide: Reports,
      inject: [SessionStore, EntryReader],
      useFactory: (...parts: ConstructorParameters<typeof Reports>) => new Reports(...parts),
    },
    {
      provide: QuestionSigner,
      inject: [SETTINGS],
      useFactory: async (settings: AuditSettings) =>
        new QuestionSigner(await readSecret(settings, secretFiles.auditSigningKey)),
    },
    ErasureQuestions,
    OnApprovalDecided,
    {
      provide: DeadLetters,
      inject: [Bus, SessionStore],
      useFactory: (bus: Bus, sessions: SessionStore) => new DeadLetters(bus, sessions),
    },
    {
      provide: RecordedRequests,
      inject: [SessionStore, ContentOpener, Bus],
      useFactory: (...parts: ConstructorParameters<typeof RecordedRequests>) =>
        new RecordedRequests(...parts),
    },
    {
      provide: ContentOpener,
      inject: [EntryReader, Sealer, BodyStore],
      useFactory: (...parts: ConstructorParameters<typeof ContentOpener>) => new ContentOpener(...parts),
    },
  ],
})
export class AuditModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly writer: LedgerWriter,
    @Inject(DATABASE) private readonly database: DataSource,
    readiness: Readiness,
  ) {
    readiness.add('postgres', async () => (await database.query('select 1')).length === 1);
    readiness.add('ledger', () => writer.role !== 'away');
  }

  onApplicationBootstrap(): void {
    this.writer.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writer.stop();
    await this.database.destroy();
  }
}
