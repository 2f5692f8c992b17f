import { Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ActiveConfig, BlockList, LOGGER, Readiness, readSecret, SETTINGS } from '#boot';
import { Bus, defaultTopology } from '#messaging';
import { Sealer, SubjectNames, secretFiles } from '#sealing';
import type { Logger } from '#telemetry';
import { Background } from './background/background.ts';
import { CallKeys } from './background/call-keys.ts';
import { EarlierResponses } from './background/earlier-responses.ts';
import { Callers } from './callers.ts';
import type { IngressSettings } from './config.ts';
import { FrontDoor } from './front-door.ts';
import { Intake } from './intake.ts';
import { CallerGuard } from './keys/caller-guard.ts';
import { GatewayKeys } from './keys/gateway-keys.ts';
import { Admission } from './limiting/admission.ts';
import { Turnstile } from './limiting/turnstile.ts';
import { RequestsController } from './requests.controller.ts';
import { CompletionLog } from './waiting/completion-log.ts';
import { Edits } from './waiting/edit.ts';
import { HeldIndex } from './waiting/held-index.ts';
import { OnApprovalRequested } from './waiting/on-approval-requested.ts';
import { OnCompletedParked } from './waiting/on-completed-parked.ts';
import { Restoring } from './waiting/restoring.ts';
import { StoredRequests } from './waiting/stored-requests.ts';
import { WaitingRoom } from './waiting/waiting-room.ts';

@Module({
  controllers: [RequestsController],
  providers: [
    {
      provide: HeldIndex,
      inject: [Bus, SubjectNames, SETTINGS, LOGGER],
      useFactory: (bus: Bus, names: SubjectNames, { instance }: IngressSettings, logger: Logger) =>
        new HeldIndex(bus, names, instance, defaultTopology.eventsAgeMs, logger),
    },
    {
      provide: WaitingRoom,
      inject: [Bus, HeldIndex, SETTINGS, LOGGER],
      useFactory: (bus: Bus, held: HeldIndex, { instance }: IngressSettings, logger: Logger) =>
        new WaitingRoom(bus, held, instance, logger),
    },
    {
      provide: Admission,
      inject: [Bus, LOGGER],
      useFactory: (bus: Bus, logger: Logger) => new Admission(bus, logger),
    },
    {
      provide: SubjectNames,
      inject: [SETTINGS],
      useFactory: async (settings: IngressSettings) =>
        new SubjectNames(Buffer.from(await readSecret(settings, secretFiles.subjectNames), 'hex')),
    },
    {
      provide: BlockList,
      inject: [Bus, ActiveConfig, LOGGER],
      useFactory: (bus: Bus, { verifier }: ActiveConfig, logger: Logger) =>
        new BlockList(bus, verifier, logger),
    },
    {
      provide: Turnstile,
      inject: [Bus, BlockList, ActiveConfig, SETTINGS, LOGGER],
      useFactory: (
        bus: Bus,
        blocks: BlockList,
        config: ActiveConfig,
        { instance }: IngressSettings,
        logger: Logger,
      ) => new Turnstile(bus, blocks, config, instance, logger),
    },
    {
      provide: Restoring,
      inject: [Bus, Sealer],
      useFactory: (bus: Bus, sealer: Sealer) => new Restoring(bus, sealer),
    },
    CompletionLog,
    StoredRequests,
    Edits,
    {
      provide: GatewayKeys,
      inject: [Bus, ActiveConfig, BlockList, LOGGER],
      useFactory: (bus: Bus, config: ActiveConfig, blocks: BlockList, logger: Logger) =>
        new GatewayKeys(bus, config, blocks, logger),
    },
    Callers,
    CallerGuard,
    {
      provide: CallKeys,
      inject: [Bus],
      useFactory: (bus: Bus) => new CallKeys(bus),
    },
    EarlierResponses,
    Intake,
    Background,
    FrontDoor,
    OnApprovalRequested,
    OnCompletedParked,
  ],
})
export class IngressModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly held: HeldIndex,
    private readonly room: WaitingRoom,
    private readonly admission: Admission,
    private readonly turnstile: Turnstile,
    private readonly keys: GatewayKeys,
    private readonly blocks: BlockList,
    readiness: Readiness,
  ) {
    readiness.add('index', () => this.started);
    blocks.report(readiness);
  }

  private started = false;

  async onModuleInit(): Promise<void> {
    this.room.start();
    await this.held.start();
    await this.admission.start();
    await this.blocks.start();
    this.turnstile.start();
    await this.keys.start();
    // After a restart no client of the earlier process is connected any more.
    for (const { requestId } of this.held.own()) this.room.sayGone(requestId);
    this.started = true;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.turnstile.close();
    this.blocks.close();
    this.keys.close();
    this.admission.close();
    this.room.close();
    this.held.close();
  }
}
