import { Controller, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#auth';
import { ApprovalDetail, CodedError, ContentView } from '#contracts';
import { carryOutOn } from '../carrying-out.ts';
import { changeIn, shownIn, textIn } from '../desk-forms.ts';
import { type Visit, Visits } from '../login/visit.ts';
import { PageErrors } from '../page-errors.ts';
import { approvalApiPath } from '../paths.ts';
import { sendPage } from '../reply.ts';
import { editPage, redactionFields } from '../views/request/edit-view.ts';
import { type Draft, draftOf, type Editable, editablesOf, redactionOf } from './editing.ts';

/** Changing a request, or redacting an answer: a form, its differences, then the edit itself. */
@ApiExcludeController()
@Public()
@UseFilters(PageErrors)
@Controller('approvals/:id')
export class EditingController {
  constructor(private readonly visits: Visits) {}

  /** The form, for content that has to be revealed for it. */
  @Post('edit')
  async open(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { form } = await this.formOf(request, id);
    sendPage(reply, editPage({ ...form, typed: {} }));
  }

  /** The form again, with what it changes. Nothing is changed yet. */
  @Post('preview')
  async preview(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { form, fields } = await this.formOf(request, id);
    const { detail, editables } = form;
    const shown = { ...form, typed: fields };
    try {
      requireShown(detail, fields);
      sendPage(reply, editPage({ ...shown, draft: draft(detail, editables, fields) }));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      sendPage(reply, editPage({ ...shown, error }), error.status);
    }
  }

  @Post('edits')
  async edit(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = await this.visits.act(request);
    const { fields } = visit;
    const body = { ...shownIn(fields), ...changeIn(fields), approve: fields.approve === 'yes' };
    await carryOutOn(reply, visit, id, { act: 'edits', body, said: 'edited' });
  }

  /** What both forms show, and what was typed into the one that was sent. */
  private async formOf(request: FastifyRequest, id: string) {
    const visit = await this.visits.act(request);
    const detail = await this.readClear(visit, id);
    const { viewer, fields } = visit;
    const editables = editablesOf(detail.content);
    return { form: { viewer, detail, editables, revealedFor: textIn(fields, 'reveal') }, fields };
  }

  /** The approval request with its content in clear; where it is masked, revealed for the reason the form carries. */
  private async readClear({ get, post, fields }: Visit, id: string): Promise<ApprovalDetail> {
    const detail = await get(ApprovalDetail, approvalApiPath(id));
    if (detail.content.shown === 'unavailable') {
      throw new CodedError('service.unavailable', "The content can't be opened right now. Try again.");
    }
    if (detail.content.shown !== 'masked') return detail;
    const content = await post(ContentView, `${approvalApiPath(id)}/reveal`, {
      reason: textIn(fields, 'reveal'),
    });
    return { ...detail, content };
  }
}

function draft(
  detail: ApprovalDetail,
  editables: readonly Editable[],
  fields: Readonly<Record<string, string>>,
): Draft {
  if (detail.gate !== 'response') return draftOf(editables, fields);
  return redactionOf(
    detail.content,
    fields[redactionFields.texts] ?? '',
    fields[redactionFields.replacement] ?? '',
  );
}

/** An edit of what was changed in the meantime would undo the change. */
function requireShown(detail: ApprovalDetail, fields: Readonly<Record<string, string>>): void {
  const { version, digest } = shownIn(fields);
  if (version === detail.version && digest === detail.digest) return;
  throw new CodedError(
    'approval.outdated',
    'It was changed since you opened this form. Go back, look at it as it is now, then edit.',
  );
}
