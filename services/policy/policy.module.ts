import { Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ActiveConfig, LOGGER, Readiness, readSecret, SETTINGS } from '#boot';
import { Bus } from '#messaging';
import { RuleReleaseKey, secretFiles } from '#sealing';
import type { Logger } from '#telemetry';
import { ApprovedPrefixes } from './approved-prefixes.ts';
import type { PolicySettings } from './config.ts';
import { LargeBodies } from './large-bodies.ts';
import { OnApprovalEdited } from './on-approval-edited.ts';
import { OnRequestReceived } from './on-request-received.ts';
import { PolicyInForce } from './policy-in-force.ts';
import { Revisions } from './revisions.ts';
import { VerdictPublisher } from './verdict-publisher.ts';

@Module({
  providers: [
    {
      provide: RuleReleaseKey,
      inject: [SETTINGS],
      useFactory: async (settings: PolicySettings) =>
        new RuleReleaseKey(Buffer.from(await readSecret(settings, secretFiles.ruleReleaseKey), 'hex')),
    },
    {
      provide: PolicyInForce,
      inject: [ActiveConfig, LOGGER],
      useFactory: (config: ActiveConfig, logger: Logger) => new PolicyInForce(config, logger),
    },
    {
      provide: ApprovedPrefixes,
      inject: [Bus, LOGGER],
      useFactory: (bus: Bus, logger: Logger) => new ApprovedPrefixes(bus, logger),
    },
    { provide: LargeBodies, useFactory: () => new LargeBodies() },
    Revisions,
    VerdictPublisher,
    OnRequestReceived,
    OnApprovalEdited,
  ],
})
export class PolicyModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly revisions: Revisions,
    private readonly approved: ApprovedPrefixes,
    private readonly large: LargeBodies,
    @Inject(SETTINGS) private readonly settings: PolicySettings,
    readiness: Readiness,
    policy: PolicyInForce,
  ) {
    readiness.add('policy', () => policy.current !== undefined);
  }

  async onModuleInit(): Promise<void> {
    await this.approved.start();
    await this.revisions.activateFrom(this.settings.configPath);
  }

  async onApplicationShutdown(): Promise<void> {
    this.approved.close();
    await this.large.close();
  }
}
