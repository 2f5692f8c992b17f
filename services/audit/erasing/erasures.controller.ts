import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, Roles } from '#auth';
import { SETTINGS } from '#boot';
import {
  CodedError,
  contentErased,
  EraseBody,
  type ErasureView,
  encodeEnvelope,
  type Principal,
} from '#contracts';
import { type NoteSigner, signNote } from '#ledger';
import { Bus } from '#messaging';
import type { AuditSettings } from '../config.ts';
import type { Queryable } from '../entry-reader.ts';
import { Owners } from '../owners.ts';
import { QUERIES, SIGNER } from '../tokens.ts';

/** Forgetting a person: their data key is destroyed, and the ledger says so. */
@ApiTags('erasure')
@ApiBearerAuth()
@Roles('admin')
@Controller('v1/erasures')
export class ErasuresController {
  constructor(
    private readonly owners: Owners,
    private readonly bus: Bus,
    @Inject(QUERIES) private readonly database: Queryable,
    @Inject(SIGNER) private readonly signer: NoteSigner,
    @Inject(SETTINGS) private readonly settings: AuditSettings,
  ) {}

  @ApiOperation({ summary: 'Destroys everything that only this person could be known by' })
  @Post()
  @HttpCode(202)
  async erase(
    @Body({ schema: EraseBody }) body: EraseBody,
    @CurrentPrincipal() caller: Principal,
  ): Promise<{ subjectKey: string }> {
    const issuer = body.issuer ?? caller.issuer;
    const subjectKey = this.owners.of({ issuer, subject: body.subject });
    const head = { subjectKey, requestedBy: caller, at: Date.now() };
    await this.bus.publish(contentErased.subject(), encodeEnvelope(head)).catch((cause: unknown) => {
      const message = 'The erasure could not be recorded, so nothing was erased. Try again.';
      throw new CodedError('service.unavailable', message, { cause });
    });
    return { subjectKey };
  }

  @ApiOperation({ summary: 'Where an erasure stands, with a signed certificate once it is done' })
  @Get(':subjectKey')
  async show(@Param('subjectKey') subjectKey: string): Promise<ErasureView> {
    const [row] = await this.database.query(
      'select index, done_at from erasure where subject_key = $1 order by index desc limit 1',
      [subjectKey],
    );
    if (row === undefined) throw new CodedError('request.not_found', 'No such erasure is recorded (yet).');
    const [index, doneAt] = [Number(row.index), row.done_at === null ? null : Number(row.done_at)];
    return {
      subjectKey,
      index,
      doneAt,
      certificate: doneAt === null ? null : this.certify(subjectKey, index, doneAt),
    };
  }

  private certify(subjectKey: string, index: number, doneAt: number): string {
    const { origin } = this.settings;
    return signNote(`sallyport/erasure/1\n${origin}\n${subjectKey} ${index} ${doneAt}\n`, [this.signer]);
  }
}
