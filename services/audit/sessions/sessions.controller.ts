import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CurrentPrincipal, CurrentRoles } from '#auth';
import { ActiveConfig, SETTINGS } from '#boot';
import {
  CodedError,
  contentRead,
  encodeEnvelope,
  ListSessionsQuery,
  type Principal,
  type Replay,
  RequestId,
  type Role,
  type SessionDetail,
  type SessionList,
} from '#contracts';
import { Bus } from '#messaging';
import type { AuditSettings } from '../config.ts';
import { Owners } from '../personal/owners.ts';
import { LedgerProofs } from '../proving/ledger-proofs.ts';
import { WordSearch } from '../searching/word-search.ts';
import { ContentOpener } from './content-opener.ts';
import { describeSession } from './describe-session.ts';
import { facetOf } from './facets.ts';
import { replayOf } from './replay.ts';
import { filterOf, type Reach } from './session-query.ts';
import type { SessionRow } from './session-row.ts';
import { SessionStore } from './session-store.ts';
import { summaryOf } from './views.ts';

const ShowQuery = z.strictObject({
  /** `false`: everything but the content; then nothing is recorded as read. */
  content: z.enum(['true', 'false']).default('true'),
});

/** Who asked what, who allowed it, and what came back. A session is one request. */
@ApiTags('sessions')
@ApiBearerAuth()
@Controller('v1')
export class SessionsController {
  constructor(
    private readonly store: SessionStore,
    private readonly opener: ContentOpener,
    private readonly proofs: LedgerProofs,
    private readonly owners: Owners,
    private readonly config: ActiveConfig,
    private readonly bus: Bus,
    private readonly search: WordSearch,
    @Inject(SETTINGS) private readonly settings: AuditSettings,
  ) {}

  @ApiOperation({ summary: 'Requests, newest first: auditors all, others those they asked or decided' })
  @Get('sessions')
  list(
    @Query({ schema: ListSessionsQuery }) query: ListSessionsQuery,
    @CurrentPrincipal() caller: Principal,
    @CurrentRoles() roles: Role[],
  ): Promise<SessionList> {
    return this.page(query, caller, roles);
  }

  @ApiOperation({ summary: 'The requests of one conversation, newest first' })
  @Get('conversations/:id')
  conversation(
    @Param('id') id: string,
    @Query({ schema: ListSessionsQuery }) query: ListSessionsQuery,
    @CurrentPrincipal() caller: Principal,
    @CurrentRoles() roles: Role[],
  ): Promise<SessionList> {
    return this.page({ ...query, conversation: id }, caller, roles);
  }

  @ApiOperation({ summary: 'Everything that is recorded of a request; reading content is recorded too' })
  @Get('sessions/:id')
  show(
    @Param('id') id: string,
    @Query({ schema: ShowQuery }) query: z.infer<typeof ShowQuery>,
    @CurrentPrincipal() caller: Principal,
    @CurrentRoles() roles: Role[],
  ): Promise<SessionDetail> {
    return this.read(id, caller, roles, query.content === 'true');
  }

  @ApiOperation({ summary: 'Prompt, wait, votes and answer as they happened' })
  @Get('sessions/:id/replay')
  async replay(
    @Param('id') id: string,
    @CurrentPrincipal() caller: Principal,
    @CurrentRoles() roles: Role[],
  ): Promise<Replay> {
    return replayOf(await this.read(id, caller, roles, true));
  }

  private reachOf(caller: Principal, roles: Role[]): Reach {
    return roles.includes('auditor') ? { all: true } : { all: false, person: this.owners.of(caller) };
  }

  private async page(query: ListSessionsQuery, caller: Principal, roles: Role[]): Promise<SessionList> {
    const { words } = query;
    const people = { owners: this.owners, issuers: this.issuers() };
    const all = filterOf(query, this.reachOf(caller, roles), people);
    const filter = words === undefined ? all : this.search.narrow(all, { roles, words });
    const rows = await this.store.page(filter, query.limit);
    const shown = rows.slice(0, query.limit);
    const firsts = await this.store.firstFacts(shown);
    const items = shown.map((row) => summaryOf(row, firsts.get(row.id)));
    const last = shown.at(-1);
    if (words !== undefined) await this.search.record({ searcher: caller, roles, words }, items.length);
    return { items, ...(rows.length > query.limit && last && { next: last.id }) };
  }

  private async read(id: string, caller: Principal, roles: Role[], asks: boolean): Promise<SessionDetail> {
    const row = RequestId.safeParse(id).success ? await this.store.find(id) : null;
    const reach = this.reachOf(caller, roles);
    if (row === null || !isReached(row, reach)) {
      throw new CodedError('request.not_found', 'There is no such request that you may read.');
    }
    if (asks) await this.record(id, caller);
    const facts = await this.store.facts(row);
    const [contents, proof] = await Promise.all([
      this.opener.open(facts, asks),
      this.proofs.ofEntries(row.indexes),
    ]);
    return describeSession(summaryOf(row, facts[0]?.fact), facts, contents, proof);
  }

  /** Nobody reads content unrecorded: where this can't be published, nothing is shown. */
  private async record(requestId: string, reader: Principal): Promise<void> {
    const head = { requestId, reader, at: Date.now() };
    await this.bus.publish(contentRead.subject(), encodeEnvelope(head)).catch((cause: unknown) => {
      const message = 'That you read this could not be recorded, so it is not shown. Try again.';
      throw new CodedError('service.unavailable', message, { cause });
    });
  }

  private issuers(): string[] {
    const listed = this.config.current?.document.identity.issuers.map(({ issuer }) => issuer) ?? [];
    return [...new Set([...listed, this.settings.issuer].filter((issuer) => issuer !== undefined))];
  }
}

/** Whether a session is among those that a caller asked or decided. */
function isReached(row: SessionRow, reach: Reach): boolean {
  return (
    reach.all || row.subject_key === reach.person || row.facets.includes(facetOf('approver', reach.person))
  );
}
