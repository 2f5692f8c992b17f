import { Inject, Injectable, type Provider } from '@nestjs/common';
import { LOGGER, readSecret, SETTINGS, type ServiceSettings } from '#boot';
import type { ApprovalRequested, approvalRequested } from '#contracts';
import { UnitOfWork } from '#database';
import { type EventMessage, PoisonError } from '#messaging';
import { QuestionVerifier, secretFiles } from '#sealing';
import { type Logger, metrics } from '#telemetry';

/** What nobody who may ask it has asked. It ends no request: that would be a way to end other people's. */
export class ForgedQuestionError extends PoisonError {
  constructor({ requestId, gate }: ApprovalRequested, what: 'forged' | 'unsigned') {
    super(`${requestId}, gate ${gate}: what was put before people is ${what}`);
    metrics.questionsForged.inc({ gate });
  }
}

/** Checks who puts something before people, before anything comes of it. */
@Injectable()
export class Questions {
  constructor(
    private readonly verifier: QuestionVerifier,
    private readonly unit: UnitOfWork,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Throws `ForgedQuestionError`: the message goes to the dead letters and raises an alarm. */
  async verify({ head, sent, timeMs }: EventMessage<typeof approvalRequested>): Promise<void> {
    const verdict = this.verifier.verdictOn(head, sent);
    switch (verdict) {
      case 'genuine':
        return;
      case 'unsigned': {
        if (!(await this.isOfUpdate(timeMs))) throw new ForgedQuestionError(head, verdict);
        const { requestId, gate } = head;
        return this.logger.warn(
          { requestId, gate },
          'taken in unsigned, as of the version before the update',
        );
      }
      case 'forged':
        throw new ForgedQuestionError(head, verdict);
      default:
        return verdict satisfies never;
    }
  }

  /** Whether the log has it from before or during an update from a version that didn't sign. */
  private async isOfUpdate(timeMs: number): Promise<boolean> {
    const sql = 'select 1 from unsigned_questions where allowed_until > $1';
    const rows: unknown[] = await this.unit.inTransaction(({ manager }) =>
      manager.query(sql, [new Date(timeMs)]),
    );
    return rows.length > 0;
  }
}

async function readVerifier(settings: ServiceSettings): Promise<QuestionVerifier> {
  const [policy, masking, audit] = await Promise.all([
    readSecret(settings, secretFiles.configVerifyKey),
    readSecret(settings, secretFiles.maskingVerifyKey),
    readSecret(settings, secretFiles.auditVerifyKey),
  ]);
  return new QuestionVerifier({ policy, masking, audit });
}

/** What checking questions needs in the module. */
export const questionParts: Provider[] = [
  { provide: QuestionVerifier, inject: [SETTINGS], useFactory: readVerifier },
  Questions,
];
