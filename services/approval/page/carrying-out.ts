import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApprovalDetail, CodedError } from '#contracts';
import { shownIn } from './desk-forms.ts';
import type { Visit } from './login/visit.ts';
import { approvalApiPath, approvalPath } from './paths.ts';
import { sendOn, sendPage } from './reply.ts';
import type { NoticeName } from './views/notices.ts';
import { detailPage } from './views/request/detail-view.ts';

const anything = z.unknown();

/** What somebody asks of the REST API, and where the browser goes when it is done. */
interface Deed {
  path: string;
  body: object;
  next: string;
}

/**
 * Does it and shows the outcome by a GET, so that loading the page again does nothing; or shows the page that says why
 * it was refused.
 */
export async function carryOut(
  reply: FastifyReply,
  { post }: Visit,
  { path, body, next }: Deed,
  refusedPage: (error: CodedError) => Promise<string>,
): Promise<void> {
  try {
    await post(anything, path, body);
    sendOn(reply, next);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    sendPage(reply, await refusedPage(error), error.status);
  }
}

/** The same about one approval request, whose page comes next. `typed` is a reason to be typed no second time. */
export function carryOutOn(
  reply: FastifyReply,
  visit: Visit,
  id: string,
  { act, body, said, typed }: { act: string; body: object; said: NoticeName; typed?: string | undefined },
): Promise<void> {
  const deed = { path: `${approvalApiPath(id)}/${act}`, body, next: `${approvalPath(id)}?said=${said}` };
  return carryOut(reply, visit, deed, (error) => refusedOn(visit, id, error, typed));
}

/** The approval request as it is now, with what was refused and why on top. */
export async function refusedOn(
  { viewer, fields, get }: Visit,
  id: string,
  error: CodedError,
  reason?: string,
): Promise<string> {
  const detail = await get(ApprovalDetail, approvalApiPath(id));
  const refused = { error, seenVersion: shownIn(fields).version, reason };
  return detailPage({ viewer, detail, now: Date.now(), refused });
}

/** A rule said no. Who has to log in first, and what broke, is for the error filter. */
export function isRefusal(error: unknown): error is CodedError {
  return error instanceof CodedError && error.status !== 401 && error.status < 500;
}
