import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, Roles } from '#auth';
import { ActiveConfig } from '#boot';
import {
  ActivateBody,
  CodedError,
  type PolicyFile,
  type Principal,
  RevisionBody,
  RevisionDetail,
  RevisionDiff,
  RevisionList,
  ValidateBody,
  Validation,
} from '#contracts';
import { formatIssue, type LoadedPolicy, loadPolicyWith } from '#rules';
import { TablesThread } from '#tables';
import { numberOf } from './activation.ts';
import { differences } from './difference.ts';
import type { Usable } from './read-sources.ts';
import { Revisions } from './revisions.ts';

/** What decides, revision by revision: authors and admins change it, auditors read it. */
@ApiTags('revisions')
@ApiBearerAuth()
@Roles('policy-author', 'admin', 'auditor')
@Controller('v1/revisions')
export class RevisionsController {
  constructor(
    private readonly revisions: Revisions,
    private readonly config: ActiveConfig,
    private readonly tables: TablesThread,
  ) {}

  @ApiOperation({ summary: 'Revisions, newest first, and which one is in force' })
  @ApiOkResponse({ standardSchema: RevisionList })
  @Get()
  list(): Promise<RevisionList> {
    return this.revisions.list();
  }

  @ApiOperation({
    summary: 'Everything that is wrong with a document, and what it would change; changes nothing',
  })
  @ApiOkResponse({ standardSchema: Validation })
  @HttpCode(200)
  @Post('validate')
  async validate(@Body({ schema: ValidateBody }) { files }: ValidateBody): Promise<Validation> {
    const loaded = await this.load(files);
    if (loaded.kind === 'issues') return { valid: false, issues: [...loaded.issues], warnings: [] };
    const changes = differences(this.config.current?.document ?? {}, loaded.document);
    return { valid: true, issues: [], warnings: [...loaded.warnings], changes };
  }

  @ApiOperation({ summary: 'Store a revision; it comes into force when it is activated' })
  @ApiOkResponse({ standardSchema: RevisionDetail })
  @Roles('policy-author', 'admin')
  @Post()
  async create(
    @Body({ schema: RevisionBody }) { files, message }: RevisionBody,
    @CurrentPrincipal() author: Principal,
  ): Promise<RevisionDetail> {
    const usable = usableOf(await this.load(files), files);
    return this.revisions.show(await this.revisions.create(usable, message, author));
  }

  @ApiOperation({
    summary:
      'Put the revision that was in force before into force again; 202 where people have to agree first',
  })
  @ApiOkResponse({ standardSchema: RevisionDetail })
  @Roles('policy-author', 'admin')
  @HttpCode(200)
  @Post('rollback')
  async rollBack(
    @Body({ schema: ActivateBody }) body: ActivateBody,
    @CurrentPrincipal() author: Principal,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<RevisionDetail> {
    return answered(
      await this.revisions.show(await this.revisions.rollBack({ ...given(body), author })),
      reply,
    );
  }

  @ApiOperation({ summary: 'One revision: its files, its document, and what it changed' })
  @ApiOkResponse({ standardSchema: RevisionDetail })
  @Get(':revision')
  show(@Param('revision') revision: string): Promise<RevisionDetail> {
    return this.revisions.show(parsed(revision));
  }

  @ApiOperation({ summary: 'What differs from another revision, by default from the one in force' })
  @ApiOkResponse({ standardSchema: RevisionDiff })
  @Get(':revision/diff')
  async diff(@Param('revision') revision: string, @Query('from') from?: string): Promise<RevisionDiff> {
    const to = await this.revisions.find(parsed(revision));
    const other = from ?? this.config.current?.revision;
    const before = other === undefined ? undefined : await this.revisions.find(parsed(other));
    const changes = differences(before?.document ?? {}, to.document);
    return { from: other ?? 'nothing', to: `r${to.number}`, changes };
  }

  @ApiOperation({
    summary:
      'Put a revision into force everywhere, an earlier one too; 202 where people have to agree to it first',
  })
  @ApiOkResponse({ standardSchema: RevisionDetail })
  @Roles('policy-author', 'admin')
  @HttpCode(200)
  @Post(':revision/activate')
  async activate(
    @Param('revision') revision: string,
    @Body({ schema: ActivateBody }) body: ActivateBody,
    @CurrentPrincipal() author: Principal,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<RevisionDetail> {
    const number = parsed(revision);
    const { detail } = await this.revisions.find(number);
    await this.revisions.activate(number, { message: detail.message, ...given(body), author });
    return answered(await this.revisions.show(number), reply);
  }

  private load(files: PolicyFile[]): Promise<LoadedPolicy> {
    return loadPolicyWith((profile) => this.tables.prepare(profile), files);
  }
}

type Reply = { status(code: number): unknown };

/** Accepted is not in force: then people have to agree first. */
function answered(detail: RevisionDetail, reply: Reply): RevisionDetail {
  reply.status(detail.isActive ? 200 : 202);
  return detail;
}

function given({ expected, message }: ActivateBody): { expected?: string; message?: string } {
  return { ...(expected !== undefined && { expected }), ...(message !== undefined && { message }) };
}

function parsed(revision: string): number {
  if (!/^r[1-9][0-9]{0,8}$/.test(revision)) {
    throw new CodedError('config.not_found', 'A revision is named r1, r2, …');
  }
  return numberOf(revision);
}

function usableOf(loaded: LoadedPolicy, files: PolicyFile[]): Usable {
  if (loaded.kind === 'policy') return { ...loaded, files };
  const { issues } = loaded;
  throw new CodedError('config.invalid', issues.map(formatIssue).join('\n').slice(0, 4000), {
    details: { issues },
  });
}
