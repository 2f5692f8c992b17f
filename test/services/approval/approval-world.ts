import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import pg from 'pg';
import {
  type ApprovalDetail,
  type ApprovalList,
  decodeEnvelope,
  type EventDefinition,
  encodeEnvelope,
  RunEntry,
  requestCompleted,
  requestReceived,
  requestReleased,
  runKey,
} from '#contracts';
import type { Bus } from '#messaging';
import { contentLabel, PeopleReleaseVerifier, readKeyEncryptionKey, Sealer, secretFiles } from '#sealing';
import { eventually, startWorld, type World } from '#testing';
import { type ApprovalConfig, yaml } from './world/config.ts';
import { bodyOf, contextOf, type HoldOptions, newRequestId } from './world/request.ts';

export { type HoldOptions, newRequestId };

interface Answer<T> {
  status: number;
  body: T;
}

/** Policy and approval as real processes; the test plays ingress in front of them and masking behind. */
export interface ApprovalWorld extends World {
  ingress: Bus;
  masking: Bus;
  sealer: Sealer;
  verifier: PeopleReleaseVerifier;
  database: pg.Client;
  /** Sends a request as ingress would; resolves once it is held and shown. */
  hold(text: string, options?: HoldOptions): Promise<ApprovalDetail>;
  /** Publishes the request and doesn't wait. */
  receive(text: string, options?: HoldOptions): Promise<string>;
  call<T = ApprovalDetail>(
    user: string,
    method: 'GET' | 'POST',
    path: string,
    body?: object,
  ): Promise<Answer<T>>;
  show(id: string, user?: string): Promise<ApprovalDetail>;
  list(query?: string, user?: string): Promise<ApprovalList>;
  vote(
    user: string,
    seen: ApprovalDetail,
    vote: 'approve' | 'reject',
    reason?: string,
  ): Promise<Answer<ApprovalDetail>>;
  /** Every stored event of one kind for a request, in order. */
  events<D extends EventDefinition>(
    event: D,
    requestId: string,
  ): Promise<{ head: ReturnType<D['schema']['parse']>; tail: Uint8Array; subject: string }[]>;
  /** The one ending of a request. */
  completion(
    requestId: string,
  ): Promise<{ head: ReturnType<typeof requestCompleted.schema.parse>; tail: Uint8Array }>;
  /** By which a vote finds out that its request changed since it was looked at. */
  mark(id: string): Promise<string>;
  /** Waits for a state. */
  until(id: string, state: string): Promise<ApprovalDetail>;
  /** Claims a release in KV `runs`, as masking does before it calls the model. */
  claim(requestId: string, version?: number, leaseUntil?: number): Promise<void>;
}

export async function startApprovalWorld(config: ApprovalConfig = {}): Promise<ApprovalWorld> {
  const world = await startWorld({ config: ({ issuer, upstream }) => yaml(issuer, upstream, config) });
  await world.startServices(['policy', 'approval']);
  const [ingress, masking] = [await world.bus('ingress'), await world.bus('masking')];
  const dir = world.secrets.dirOf('ingress');
  const sealer = new Sealer(ingress, await readKeyEncryptionKey(join(dir, secretFiles.keyEncryptionKey)));
  const pem = await readFile(join(dir, secretFiles.approvalVerifyKey), 'utf8');
  const database = new pg.Client({ connectionString: world.environment('approval').DATABASE_URL });
  database.on('error', () => undefined);
  await database.connect();
  const verifier = new PeopleReleaseVerifier(pem);
  return {
    ...world,
    ...partsOf(world, { ingress, masking, sealer }),
    ingress,
    masking,
    sealer,
    verifier,
    database,
    mark: async (id) => {
      const { rows } = await database.query('select xmin::text from approval_request where id = $1', [id]);
      return rows[0].xmin;
    },
  };
}

type Buses = Pick<ApprovalWorld, 'ingress' | 'masking' | 'sealer'>;

function partsOf(world: World, { ingress, masking, sealer }: Buses) {
  const call: ApprovalWorld['call'] = async (user, method, path, body) => {
    const response = await fetch(`${world.urlOf('approval')}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await world.tokenFor(user)}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as never };
  };
  const show: ApprovalWorld['show'] = async (id, user = 'alice') => {
    const { status, body } = await call(user, 'GET', `/v1/approvals/${id}`);
    expect({ status, id }).toEqual({ status: 200, id });
    return body;
  };
  const receive: ApprovalWorld['receive'] = async (text, options = {}) => {
    const requestId = options.requestId ?? newRequestId();
    const context = contextOf(world.idp.issuer, options);
    const body = bodyOf(text, options);
    const sealed = await sealer.seal(context.subjectKey, contentLabel(requestId, 'body:1'), body);
    const digest = createHash('sha256').update(body).digest('hex');
    const head = { requestId, context, body: { digest, bytes: body.length, location: { in: 'tail' } } };
    await ingress.publish(requestReceived.subject(), encodeEnvelope(head, sealed), { messageId: requestId });
    return requestId;
  };
  const events: ApprovalWorld['events'] = async (event, requestId) => {
    const found = [];
    const filter = `${event.prefix}${event.tokens.length > 0 ? '.>' : ''}`;
    for (let sequence = 1; ; ) {
      const message = await ingress.readMessage({ sequence, subject: filter });
      if (!message) return found as never;
      sequence = message.sequence + 1;
      const { head, tail } = decodeEnvelope(message.payload);
      const own = head as { requestId?: string; terms?: { requestId: string } };
      if ((own.requestId ?? own.terms?.requestId) === requestId) {
        found.push({ head: event.schema.parse(head), tail, subject: message.subject });
      }
    }
  };
  return {
    call,
    show,
    receive,
    events,
    hold: async (text: string, options?: HoldOptions) => {
      const id = await receive(text, options);
      return eventually(() => show(id));
    },
    list: async (query = '', user = 'alice') =>
      (await call<ApprovalList>(user, 'GET', `/v1/approvals${query}`)).body,
    vote: (user: string, seen: ApprovalDetail, vote: 'approve' | 'reject', reason?: string) =>
      call(user, 'POST', `/v1/approvals/${seen.id}/votes`, {
        ...{ vote, digest: seen.digest, version: seen.version },
        ...(reason !== undefined && { reason }),
      }),
    completion: (requestId: string) =>
      eventually(async () => {
        const [first] = await events(requestCompleted, requestId);
        if (!first) throw new Error(`${requestId} has not ended`);
        return first;
      }),
    until: (id: string, state: string) =>
      eventually(async () => {
        const shown = await show(id, 'erin');
        expect(shown.state).toBe(state);
        return shown;
      }),
    claim: async (requestId: string, version = 1, leaseUntil = 0) => {
      const bucket = await masking.bucket('runs');
      await eventually(async () => {
        const entry = await bucket.get(runKey({ requestId, gate: 'prompt', version }));
        const run = RunEntry.parse(entry?.json());
        expect(run.state).toBe('open');
        await bucket.update(
          runKey({ requestId, gate: 'prompt', version }),
          JSON.stringify({ ...run, state: 'claimed', claimedBy: 'masking-1', attempt: 1, leaseUntil }),
          entry?.revision ?? 0,
        );
      });
    },
  };
}

/** The releases of a request. */
export function releasesOf(world: ApprovalWorld, requestId: string) {
  return world.events(requestReleased, requestId);
}

/** The one release of a request, once it is there. */
export const releaseOf = (world: ApprovalWorld, id: string) =>
  eventually(async () => {
    const [first] = await releasesOf(world, id);
    if (!first) throw new Error(`${id} was not released`);
    return first;
  });

/** All texts that an approver is shown. */
export const textsOf = (detail: ApprovalDetail): string =>
  detail.content.parts
    .flatMap(({ items }) => items.flatMap(({ segments }) => segments.map(({ text }) => text)))
    .join('\n');

/** Status and error code of an answer. */
export const codeOf = ({ status, body }: { status: number; body: unknown }): unknown[] => [
  status,
  (body as { error?: { code: string } }).error?.code,
];

/** Ends a request as masking would. */
export async function complete(
  world: ApprovalWorld,
  requestId: string,
  outcome: 'answered' | 'failed',
): Promise<void> {
  const at = Date.now();
  const head = {
    ...{ requestId, version: 1, outcome, status: outcome === 'answered' ? 200 : 502, tail: 'none' },
    ...{ stream: false, frames: 0, attempt: 1, edited: false, subjectKey: 'x', destination: 'parked' },
    ...{ rules: [], findings: [], timings: { receivedAt: at, completedAt: at } },
  };
  await world.masking.publish(requestCompleted.subject('parked'), encodeEnvelope(head), {
    messageId: `${requestId}:completed`,
  });
}
