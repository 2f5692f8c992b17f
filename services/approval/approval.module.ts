import { Module, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Readiness } from '#boot';
import { databaseModule } from '#database';
import { createLogger } from '#telemetry';
import { ApprovalNote } from './approval-note.entity.ts';
import { ApprovalRequest } from './approval-request.entity.ts';
import { ApprovalSettings } from './config.ts';
import { CreateApproval1760000000100 } from './create-approval.migration.ts';
import { ApprovalVote } from './deciding/approval-vote.entity.ts';
import { DecidingController } from './deciding/deciding.controller.ts';
import { Decisions } from './deciding/decisions.ts';
import { Judging } from './deciding/judging.ts';
import { Voting } from './deciding/voting.ts';
import { forgetting } from './forgetting/parts.ts';
import { ApprovalGrant } from './granting/approval-grant.entity.ts';
import { CreateGrant1760000000500 } from './granting/create-grant.migration.ts';
import { GrantsController } from './granting/grants.controller.ts';
import { Grants } from './granting/grants.ts';
import { ListGrants } from './granting/list-grants.ts';
import { ApprovalsController } from './listing/approvals.controller.ts';
import { ChangeFeed } from './listing/change-feed.ts';
import { Desk } from './listing/desk.ts';
import { IndexLists1760000001000 } from './listing/index-lists.migration.ts';
import { Listing } from './listing/list.ts';
import { PendingMetrics } from './listing/pending-metrics.ts';
import { Statistics } from './listing/statistics.ts';
import { notifying } from './notifying/parts.ts';
import { decisionPage } from './page/decision-page.ts';
import { ApprovalStep } from './reminding/approval-step.entity.ts';
import { CreateStep1760000000600 } from './reminding/create-step.migration.ts';
import { Steps } from './reminding/steps.ts';
import { CreateReview1760000000200 } from './reviewing/create-review.migration.ts';
import { Review } from './reviewing/review.entity.ts';
import { ReviewsController } from './reviewing/reviews.controller.ts';
import { Reviews } from './reviewing/reviews.ts';
import { ApprovalVersion } from './showing/approval-version.entity.ts';
import { Content } from './showing/content.ts';
import { Showing } from './showing/showing.ts';
import { ShownTables } from './showing/shown-tables.ts';
import { AllowUnsigned1760000001300 } from './waiting/allow-unsigned.migration.ts';
import { Clock } from './waiting/clock.ts';
import { EarlyEnd } from './waiting/early-end.entity.ts';
import { IndexStopped1760000001010 } from './waiting/index-stopped.migration.ts';
import { Intake } from './waiting/intake.ts';
import { OnApprovalRequested } from './waiting/on-approval-requested.ts';
import { OnRequestCancelled } from './waiting/on-request-cancelled.ts';
import { OnRequestCompleted } from './waiting/on-request-completed.ts';
import { OnRequestNotes } from './waiting/on-request-notes.ts';
import { Overtaken } from './waiting/overtaken.ts';
import { questionParts } from './waiting/questions.ts';
import { Runs } from './waiting/runs.ts';
import { RunsWatch } from './waiting/runs-watch.ts';

const handlers = [
  OnApprovalRequested,
  OnRequestCancelled,
  OnRequestCompleted,
  OnRequestNotes,
  ...forgetting.handlers,
];
const parts = [
  Reviews,
  Judging,
  Content,
  Intake,
  Decisions,
  Voting,
  Runs,
  RunsWatch,
  Clock,
  Overtaken,
  Desk,
  Listing,
  Showing,
  ShownTables,
  Statistics,
  PendingMetrics,
  Grants,
  Steps,
  ListGrants,
  ...questionParts,
  ...forgetting.parts,
  ...notifying.parts,
];

/** The approval service, for one set of settings. */
export function approvalModule(settings: ApprovalSettings): Type {
  const { common, databaseUrl: url, ownerDatabaseUrl: ownerUrl, poolSize } = settings;
  const logger = createLogger('approval', common.logLevel);
  @Module({
    imports: [
      decisionPage(settings),
      databaseModule({
        ...{ url, poolSize, schema: 'approval', ...(ownerUrl !== undefined && { ownerUrl }) },
        entities: [
          ApprovalRequest,
          ApprovalVersion,
          ApprovalVote,
          ApprovalNote,
          EarlyEnd,
          Review,
          ApprovalGrant,
          ApprovalStep,
          ...notifying.entities,
        ],
        migrations: [
          CreateApproval1760000000100,
          CreateReview1760000000200,
          CreateGrant1760000000500,
          CreateStep1760000000600,
          IndexLists1760000001000,
          IndexStopped1760000001010,
          ...notifying.migrations,
          ...forgetting.migrations,
          AllowUnsigned1760000001300,
        ],
        onWaiting: (err) => logger.warn({ err }, 'waiting for postgres'),
        onRelayError: (err) => logger.warn({ err }, 'outbox relay'),
      }),
    ],
    controllers: [
      DecidingController,
      ApprovalsController,
      ReviewsController,
      ...notifying.controllers,
      GrantsController,
    ],
    providers: [{ provide: ApprovalSettings, useValue: settings }, ChangeFeed, ...parts, ...handlers],
  })
  class ApprovalModule {
    constructor(readiness: Readiness, source: DataSource) {
      readiness.add('postgres', async () => (await source.query('select 1')).length === 1);
    }
  }
  return ApprovalModule;
}
