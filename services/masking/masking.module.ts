import { randomBytes } from 'node:crypto';
import { type InjectionToken, Module, type Provider } from '@nestjs/common';
import { ActiveConfig, BlockList, LOGGER, readSecret, SETTINGS, type ServiceSettings } from '#boot';
import { BodyStore, Bus } from '#messaging';
import { PeopleReleaseVerifier, QuestionSigner, RuleReleaseKey, Sealer, secretFiles } from '#sealing';
import { TablesThread } from '#tables';
import type { Logger } from '#telemetry';
import type { ModelTools } from './asking/ask-model.ts';
import { Bodies } from './asking/body.ts';
import { RequestSealer } from './asking/request-sealer.ts';
import { Completions } from './completions.ts';
import { MASKING_CONFIG, type MaskingConfig, readMaskingConfig } from './config.ts';
import { Consulting } from './consulting/consulting.ts';
import { Masking, Watches } from './masking.ts';
import { placeholderKey } from './masking-pass.ts';
import { Profiles } from './profiles.ts';
import { Vault } from './restoring/vault.ts';
import { ReviewedAnswers, Reviews } from './reviewing/review.ts';
import { Admission } from './running/admit.ts';
import { Cancellations } from './running/cancellations.ts';
import { Connections } from './running/connections.ts';
import { OnRequestReleased, type ReleaseDesk } from './running/on-request-released.ts';
import { Redeliveries } from './running/redeliveries.ts';
import { Runs } from './running/runs.ts';
import { RunsSeen } from './running/runs-seen.ts';
import { openReleaseSettlement } from './running/settle.ts';
import type { ReleaseKeys } from './running/verify-release.ts';
import { Credentials } from './upstream/credentials.ts';

const RELEASE_KEYS = Symbol('release keys');
const PLACEHOLDER_KEY = Symbol('placeholder key');
const MODEL_TOOLS = Symbol('model tools');

type Class<T, A extends never[]> = new (...parts: A) => T;

/** A provider that is built from others, in the order of its constructor. */
function build<T, A extends never[]>(type: Class<T, A>, ...inject: InjectionToken[]): Provider {
  return { provide: type, inject, useFactory: (...parts: A) => new type(...parts) };
}

async function readReleaseKeys(settings: ServiceSettings): Promise<ReleaseKeys> {
  const rule = await readSecret(settings, secretFiles.ruleReleaseKey);
  const people = await readSecret(settings, secretFiles.approvalVerifyKey);
  return { rule: new RuleReleaseKey(Buffer.from(rule, 'hex')), people: new PeopleReleaseVerifier(people) };
}

async function readPlaceholderKey(settings: ServiceSettings): Promise<Buffer> {
  return placeholderKey(Buffer.from(await readSecret(settings, secretFiles.keyEncryptionKey), 'hex'));
}

/** The masking service: releases in, model calls, masked answers out. */
@Module({
  providers: [
    { provide: MASKING_CONFIG, useFactory: () => readMaskingConfig(process.env) },
    { provide: RELEASE_KEYS, inject: [SETTINGS], useFactory: readReleaseKeys },
    { provide: PLACEHOLDER_KEY, inject: [SETTINGS], useFactory: readPlaceholderKey },
    build(RequestSealer, Sealer),
    build(Bodies, Bus, Sealer, BodyStore, RequestSealer),
    // Authors were held to a second when the revision was made; a busy machine may take longer.
    { provide: TablesThread, useFactory: () => new TablesThread({ timeoutMs: 10_000 }) },
    build(Profiles, Bus, TablesThread),
    build(Vault, Bus, Sealer, LOGGER),
    { provide: Consulting, useFactory: () => new Consulting() },
    build(RunsSeen, Bus),
    build(Redeliveries, Bus, QuestionSigner),
    {
      provide: BlockList,
      inject: [Bus, ActiveConfig, LOGGER],
      useFactory: (bus: Bus, { verifier }: ActiveConfig, logger: Logger) =>
        new BlockList(bus, verifier, logger),
    },
    build(Cancellations, Bus),
    build(Completions, Bus, RequestSealer, BodyStore),
    {
      provide: QuestionSigner,
      inject: [SETTINGS],
      useFactory: async (settings: ServiceSettings) =>
        new QuestionSigner(await readSecret(settings, secretFiles.maskingSigningKey)),
    },
    build(Reviews, Bus, RequestSealer, BodyStore, QuestionSigner),
    build(ReviewedAnswers, Profiles, PLACEHOLDER_KEY, Vault),
    build(Admission, Redeliveries, Runs, BlockList, Cancellations),
    {
      provide: Runs,
      inject: [Bus, SETTINGS, RunsSeen],
      useFactory: (bus: Bus, { instance }: ServiceSettings, seen: RunsSeen) =>
        new Runs(bus, `${instance}.${randomBytes(4).toString('hex')}`, seen),
    },
    {
      provide: Credentials,
      inject: [SETTINGS, MASKING_CONFIG],
      useFactory: ({ secretsDir }: ServiceSettings, { secretFromEnvironment }: MaskingConfig) =>
        new Credentials(secretsDir, secretFromEnvironment),
    },
    {
      provide: MODEL_TOOLS,
      inject: [Bus, RequestSealer, Bodies, Profiles, Credentials, PLACEHOLDER_KEY, Vault, Consulting],
      useFactory: (
        bus: Bus,
        sealer: RequestSealer,
        bodies: Bodies,
        profiles: Profiles,
        credentials: Credentials,
        key: Buffer,
        vault: Vault,
        consulting: Consulting,
      ): ModelTools => ({
        bus,
        sealer,
        bodies,
        profiles,
        credentials,
        placeholderKey: key,
        vault,
        consulting,
      }),
    },
    {
      provide: OnRequestReleased,
      inject: [
        ...[RELEASE_KEYS, Admission, MODEL_TOOLS, ReviewedAnswers],
        ...[Reviews, Completions, Cancellations, LOGGER],
      ],
      useFactory: (
        keys: ReleaseKeys,
        admission: Admission,
        tools: ModelTools,
        reviewed: ReviewedAnswers,
        reviews: Reviews,
        completions: Completions,
        cancellations: Cancellations,
        logger: Logger,
      ) => {
        const desk: ReleaseDesk = {
          ...{ keys, admission, tools, reviewed, reviews, completions, cancellations, logger },
        };
        return new OnRequestReleased(desk);
      },
    },
    {
      provide: Connections,
      inject: [Bus, RELEASE_KEYS, Completions, OnRequestReleased, MASKING_CONFIG, LOGGER, Credentials],
      useFactory: (
        bus: Bus,
        keys: ReleaseKeys,
        completions: Completions,
        releases: OnRequestReleased,
        config: MaskingConfig,
        logger: Logger,
        credentials: Credentials,
      ) => {
        const settlement = openReleaseSettlement(bus, keys, completions, logger);
        const handle = releases.handle.bind(releases);
        return new Connections(bus, settlement, config, logger, credentials, handle);
      },
    },
    Watches,
    Masking,
  ],
})
export class MaskingModule {}
