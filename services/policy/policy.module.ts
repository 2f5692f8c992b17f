import path from 'node:path';
import { Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ActiveConfig, BlockList, LOGGER, Readiness, readSecret, SETTINGS } from '#boot';
import type { MaskingProfile } from '#contracts';
import { Bus } from '#messaging';
import {
  ConfigSigner,
  PeopleReleaseVerifier,
  QuestionSigner,
  RuleReleaseKey,
  SubjectNames,
  secretFiles,
} from '#sealing';
import { TablesThread } from '#tables';
import type { Logger } from '#telemetry';
import { BlockListRecord } from './blocking/block-list-record.ts';
import { Blocks } from './blocking/blocks.ts';
import type { PolicySettings } from './config.ts';
import { FreezesController } from './freezing/freezes.controller.ts';
import { Freezes } from './freezing/freezes.ts';
import { ApprovedPrefixes } from './judging/approved-prefixes.ts';
import { LargeBodies } from './judging/large-bodies.ts';
import { OnApprovalEdited } from './judging/on-approval-edited.ts';
import { OnRequestReceived } from './judging/on-request-received.ts';
import { PolicyInForce } from './judging/policy-in-force.ts';
import { VerdictPublisher } from './judging/verdict-publisher.ts';
import { KeysController } from './keys/keys.controller.ts';
import { Keys } from './keys/keys.ts';
import { Mending } from './mending.ts';
import { OnApprovalDecided } from './proposing/on-approval-decided.ts';
import { ProposalStore } from './proposing/proposal-store.ts';
import { Proposals } from './proposing/proposals.ts';
import { Activation } from './revising/activation.ts';
import { PolicyDatabase } from './revising/policy-database.ts';
import { readUsable, type Usable } from './revising/read-sources.ts';
import { RevisionStore } from './revising/revision-store.ts';
import { RevisionsController } from './revising/revisions.controller.ts';
import { Revisions } from './revising/revisions.ts';

@Module({
  controllers: [RevisionsController, FreezesController, KeysController],
  providers: [
    {
      provide: RuleReleaseKey,
      inject: [SETTINGS],
      useFactory: async (settings: PolicySettings) =>
        new RuleReleaseKey(Buffer.from(await readSecret(settings, secretFiles.ruleReleaseKey), 'hex')),
    },
    {
      provide: PolicyInForce,
      inject: [ActiveConfig, TablesThread, LOGGER],
      useFactory: (config: ActiveConfig, tables: TablesThread, logger: Logger) =>
        new PolicyInForce(config, tables, logger),
    },
    {
      provide: ApprovedPrefixes,
      inject: [Bus, PeopleReleaseVerifier, LOGGER],
      useFactory: (bus: Bus, verifier: PeopleReleaseVerifier, logger: Logger) =>
        new ApprovedPrefixes(bus, verifier, logger),
    },
    { provide: LargeBodies, useFactory: () => new LargeBodies() },
    { provide: TablesThread, useFactory: () => new TablesThread() },
    {
      provide: PolicyDatabase,
      inject: [SETTINGS, LOGGER],
      useFactory: ({ databaseUrl }: PolicySettings, logger: Logger) =>
        new PolicyDatabase(databaseUrl, logger),
    },
    {
      provide: RevisionStore,
      inject: [PolicyDatabase],
      useFactory: (database: PolicyDatabase) => new RevisionStore(database),
    },
    {
      provide: ProposalStore,
      inject: [PolicyDatabase],
      useFactory: (database: PolicyDatabase) => new ProposalStore(database),
    },
    {
      provide: PeopleReleaseVerifier,
      inject: [SETTINGS],
      useFactory: async (settings: PolicySettings) =>
        new PeopleReleaseVerifier(await readSecret(settings, secretFiles.approvalVerifyKey)),
    },
    {
      provide: ConfigSigner,
      inject: [SETTINGS],
      useFactory: async (settings: PolicySettings) =>
        new ConfigSigner(await readSecret(settings, secretFiles.configSigningKey)),
    },
    {
      provide: QuestionSigner,
      inject: [SETTINGS],
      useFactory: async (settings: PolicySettings) =>
        new QuestionSigner(await readSecret(settings, secretFiles.configSigningKey)),
    },
    {
      provide: SubjectNames,
      inject: [SETTINGS],
      useFactory: async (settings: PolicySettings) =>
        new SubjectNames(Buffer.from(await readSecret(settings, secretFiles.subjectNames), 'hex')),
    },
    {
      provide: BlockList,
      inject: [Bus, ActiveConfig, LOGGER],
      useFactory: (bus: Bus, { verifier }: ActiveConfig, logger: Logger) =>
        new BlockList(bus, verifier, logger),
    },
    {
      provide: BlockListRecord,
      inject: [PolicyDatabase, ConfigSigner, LOGGER],
      useFactory: (database: PolicyDatabase, { verifier }: ConfigSigner, logger: Logger) =>
        new BlockListRecord(database, verifier, logger),
    },
    Blocks,
    Freezes,
    Keys,
    Proposals,
    Activation,
    Revisions,
    VerdictPublisher,
    OnRequestReceived,
    OnApprovalEdited,
    OnApprovalDecided,
  ],
})
export class PolicyModule implements OnModuleInit, OnApplicationShutdown {
  private readonly mending: Mending;

  constructor(
    private readonly revisions: Revisions,
    private readonly proposals: Proposals,
    private readonly approved: ApprovedPrefixes,
    private readonly large: LargeBodies,
    private readonly tables: TablesThread,
    private readonly database: PolicyDatabase,
    private readonly blocks: Blocks,
    private readonly config: ActiveConfig,
    @Inject(SETTINGS) private readonly settings: PolicySettings,
    @Inject(LOGGER) private readonly logger: Logger,
    readiness: Readiness,
    policy: PolicyInForce,
    blockList: BlockList,
    activation: Activation,
  ) {
    blockList.report(readiness);
    this.mending = new Mending(
      () => activation.putBack(),
      (err) => logger.error({ err }, 'the configuration was not put back yet'),
    );
    readiness.add('policy', () => policy.current !== undefined);
  }

  async onModuleInit(): Promise<void> {
    this.config.onForged(() => this.mending.start());
    await this.approved.start();
    await this.blocks.start();
    const usable = await this.readFile();
    if (!usable) return;
    const message = `from ${path.basename(this.settings.configPath)}`;
    if (this.database.url === undefined) await this.revisions.importUnstored(usable, message);
    else void this.database.start(() => this.afterOpening(usable, message));
  }

  /** The file's policy. A bad file stops only a service that has nothing else to run by. */
  private async readFile(): Promise<Usable | undefined> {
    try {
      const prepare = (profile: MaskingProfile) => this.tables.prepare(profile);
      const usable = await readUsable(this.settings.configPath, prepare);
      for (const warning of usable.warnings) this.logger.warn({ warning }, 'configuration');
      return usable;
    } catch (err) {
      if (!this.config.current) throw err;
      this.logger.error({ err, kept: this.config.current.revision }, 'the configuration file is not usable');
      void this.database.start(async () => {
        await this.blocks.compare();
        await this.proposals.askAgain();
      });
      return undefined;
    }
  }

  private async afterOpening(usable: Usable, message: string): Promise<void> {
    await this.blocks.compare();
    await this.revisions.importFile(usable, message);
    await this.proposals.askAgain();
  }

  async onApplicationShutdown(): Promise<void> {
    this.approved.close();
    await this.mending.close();
    await this.blocks.close();
    await this.large.close();
    await this.tables.close();
    await this.database.close();
  }
}
