import { Module, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Readiness } from '#boot';
import { databaseModule } from '#database';
import { createLogger } from '#telemetry';
import { ApprovalNote } from './approval-note.entity.ts';
import { ApprovalRequest } from './approval-request.entity.ts';
import { ApprovalVersion } from './approval-version.entity.ts';
import { ApprovalVote } from './approval-vote.entity.ts';
import { ApprovalsController } from './approvals.controller.ts';
import { ChangeFeed } from './change-feed.ts';
import { Clock } from './clock.ts';
import { ApprovalSettings } from './config.ts';
import { Content } from './content.ts';
import { CreateApproval1760000000100 } from './create-approval.migration.ts';
import { CreateReview1760000000200 } from './create-review.migration.ts';
import { DecidingController } from './deciding.controller.ts';
import { Decisions } from './decisions.ts';
import { Desk } from './desk.ts';
import { EarlyEnd } from './early-end.entity.ts';
import { Intake } from './intake.ts';
import { Judging } from './judging.ts';
import { Listing } from './list.ts';
import { OnApprovalRequested } from './on-approval-requested.ts';
import { OnRequestCancelled } from './on-request-cancelled.ts';
import { OnRequestCompleted } from './on-request-completed.ts';
import { OnRequestNotes } from './on-request-notes.ts';
import { Review } from './review.entity.ts';
import { ReviewsController } from './reviews.controller.ts';
import { Reviews } from './reviews.ts';
import { Runs } from './runs.ts';
import { RunsWatch } from './runs-watch.ts';
import { Showing } from './showing.ts';
import { Statistics } from './statistics.ts';

const handlers = [OnApprovalRequested, OnRequestCancelled, OnRequestCompleted, OnRequestNotes];
const parts = [
  Reviews,
  Judging,
  Content,
  Intake,
  Decisions,
  Runs,
  RunsWatch,
  Clock,
  Desk,
  Listing,
  Showing,
  Statistics,
];

/** The approval service, for one set of settings. */
export function approvalModule(settings: ApprovalSettings): Type {
  const { common, databaseUrl: url, ownerDatabaseUrl: ownerUrl, poolSize } = settings;
  const logger = createLogger('approval', common.logLevel);
  @Module({
    imports: [
      databaseModule({
        ...{ url, poolSize, schema: 'approval', ...(ownerUrl !== undefined && { ownerUrl }) },
        entities: [ApprovalRequest, ApprovalVersion, ApprovalVote, ApprovalNote, EarlyEnd, Review],
        migrations: [CreateApproval1760000000100, CreateReview1760000000200],
        onWaiting: (err) => logger.warn({ err }, 'waiting for postgres'),
        onRelayError: (err) => logger.warn({ err }, 'outbox relay'),
      }),
    ],
    controllers: [DecidingController, ApprovalsController, ReviewsController],
    providers: [{ provide: ApprovalSettings, useValue: settings }, ChangeFeed, ...parts, ...handlers],
  })
  class ApprovalModule {
    constructor(readiness: Readiness, source: DataSource) {
      readiness.add('postgres', async () => (await source.query('select 1')).length === 1);
    }
  }
  return ApprovalModule;
}
