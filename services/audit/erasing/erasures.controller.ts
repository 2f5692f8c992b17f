import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, Roles } from '#auth';
import { SETTINGS } from '#boot';
import { CodedError, EraseBody, type ErasureList, type ErasureView, type Principal } from '#contracts';
import { type NoteSigner, signNote } from '#ledger';
import type { AuditSettings } from '../config.ts';
import type { Queryable } from '../entries/entry-reader.ts';
import { LegalHolds } from '../holding/legal-holds.ts';
import { Owners } from '../personal/owners.ts';
import { facetOf } from '../sessions/facets.ts';
import { QUERIES, SIGNER } from '../tokens.ts';
import { ErasureQuestions } from './erasure-questions.ts';
import { type ErasureRecord, ErasureStore, erasureStateOf } from './erasure-store.ts';

/** Forgetting a person: once others agreed, their data key is destroyed, and the ledger says so. */
@ApiTags('erasure')
@ApiBearerAuth()
@Roles('admin')
@Controller('v1/erasures')
export class ErasuresController {
  constructor(
    private readonly questions: ErasureQuestions,
    private readonly store: ErasureStore,
    private readonly holds: LegalHolds,
    private readonly owners: Owners,
    @Inject(QUERIES) private readonly database: Queryable,
    @Inject(SIGNER) private readonly signer: NoteSigner,
    @Inject(SETTINGS) private readonly settings: AuditSettings,
  ) {}

  @ApiOperation({
    summary: 'Asks people to agree that everything only this person could be known by is destroyed',
  })
  @Post()
  @HttpCode(202)
  async erase(
    @Body({ schema: EraseBody }) body: EraseBody,
    @CurrentPrincipal() caller: Principal,
  ): Promise<ErasureView> {
    const person = { issuer: body.issuer ?? caller.issuer, subject: body.subject };
    const subjectKey = this.owners.of(person);
    const holds = await this.holds.on(subjectKey);
    if (holds.length > 0) {
      const message = `A legal hold keeps this person's content (${holds.join(', ')}). Lift it first.`;
      throw new CodedError('audit.legal_hold', message, { details: { holds } });
    }
    const [row] = await this.database.query(
      'select count(*) from session where facets @> array[$1::bigint]',
      [facetOf('user', subjectKey)],
    );
    const about = { ...person, subjectKey, requests: Number(row?.count), reason: body.reason };
    const { id } = await this.questions.ask(about, caller, Date.now());
    return this.show(id);
  }

  @ApiOperation({ summary: 'Erasures that were asked for, newest first' })
  @Get()
  async list(): Promise<ErasureList> {
    const records = await this.store.list();
    return { items: await Promise.all(records.map((record) => this.viewOf(record))) };
  }

  @ApiOperation({ summary: 'Where an erasure stands, with a signed certificate once it is done' })
  @Get(':id')
  async show(@Param('id') id: string): Promise<ErasureView> {
    const record = await this.store.find(id);
    if (record === null) throw new CodedError('request.not_found', 'No such erasure was asked for.');
    return this.viewOf(record);
  }

  private async viewOf(record: ErasureRecord): Promise<ErasureView> {
    const { request, index, doneAt } = record;
    const { id, subjectKey, terms, askedAt } = request;
    const holds = doneAt === null ? await this.holds.on(subjectKey) : [];
    return {
      ...{ id, approval: `${id}.change`, state: erasureStateOf(record, holds.length > 0), subjectKey },
      groups: terms.requirement.groups.map(({ group }) => group),
      ...{ askedAt, expiresAt: terms.expiresAt, holds, index, doneAt },
      certificate: index === null || doneAt === null ? null : this.certify(record, index, doneAt),
    };
  }

  private certify({ request }: ErasureRecord, index: number, doneAt: number): string {
    const { id, subjectKey } = request;
    const text = `sallyport/erasure/1\n${this.settings.origin}\n${subjectKey} ${index} ${doneAt}\n${id}\n`;
    return signNote(text, [this.signer]);
  }
}
