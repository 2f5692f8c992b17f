import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ActiveConfig, BlockList } from '#boot';
import { changeTerms, type DecidedOutcome, type Principal } from '#contracts';
import type { Bus, EventMessage } from '#messaging';
import { loadPolicy } from '#rules';
import {
  ConfigSigner,
  PeopleReleaseSigner,
  PeopleReleaseVerifier,
  QuestionSigner,
  readKeyEncryptionKey,
  Sealer,
  SubjectNames,
  secretFiles,
} from '#sealing';
import { TablesThread } from '#tables';
import { createLogger } from '#telemetry';
import { startWorld, type World } from '#testing';
import { BlockListRecord } from '../../../services/policy/blocking/block-list-record.ts';
import { Blocks } from '../../../services/policy/blocking/blocks.ts';
import type { PolicySettings } from '../../../services/policy/config.ts';
import { Freezes } from '../../../services/policy/freezing/freezes.ts';
import { OnApprovalDecided } from '../../../services/policy/proposing/on-approval-decided.ts';
import { ProposalStore } from '../../../services/policy/proposing/proposal-store.ts';
import { Proposals } from '../../../services/policy/proposing/proposals.ts';
import { Activation } from '../../../services/policy/revising/activation.ts';
import { PolicyDatabase } from '../../../services/policy/revising/policy-database.ts';
import { RevisionStore } from '../../../services/policy/revising/revision-store.ts';
import { Revisions } from '../../../services/policy/revising/revisions.ts';
import { activations } from './policy-world.ts';

/** Lets something happen between the look at what is in force and putting another there. */
class Between extends Activation {
  meanwhile: (() => Promise<unknown>) | undefined;

  override async put(...args: Parameters<Activation['put']>): Promise<void> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return super.put(...args);
  }
}

const logger = createLogger('policy', 'silent');
const keys = generateKeyPairSync('ed25519');
const pem = { type: 'pkcs8', format: 'pem' } as const;
const signer = new PeopleReleaseSigner(keys.privateKey.export(pem).toString());
const verifier = new PeopleReleaseVerifier(keys.publicKey.export({ type: 'spki', format: 'pem' }).toString());
const person = (subject: string): Principal => ({
  kind: 'person',
  issuer: 'https://idp',
  subject,
  groups: [],
});

let world: World;
let bus: Bus;
let database: PolicyDatabase;
let store: ProposalStore;
let sealer: Sealer;
let names: SubjectNames;
let tables: TablesThread;
/** Two replicas of policy, as far as freezes go. */
let blocks: [Blocks, Blocks];
/** Two replicas of policy, as far as revisions go. */
let one: { revisions: Revisions; between: Between };
let other: { revisions: Revisions; between: Between };

beforeAll(async () => {
  world = await startWorld();
  bus = await world.bus('policy');
  const dir = world.secrets.dirOf('policy');
  const secret = (file: string) => readFile(join(dir, file), 'utf8');
  database = new PolicyDatabase(world.environment('policy').DATABASE_URL, logger);
  await database.start(async () => undefined);
  store = new ProposalStore(database);
  sealer = new Sealer(bus, await readKeyEncryptionKey(join(dir, secretFiles.keyEncryptionKey)));
  names = new SubjectNames(Buffer.from(await secret(secretFiles.subjectNames), 'hex'));
  const signingKey = await secret(secretFiles.configSigningKey);
  const configSigner = new ConfigSigner(signingKey);
  const config = new ActiveConfig(bus, configSigner.verifier, logger);
  tables = new TablesThread();
  const replica = () => {
    const between = new Between(bus, configSigner, config);
    const questions = new QuestionSigner(signingKey);
    const proposals = new Proposals(bus, store, sealer, names, questions, logger);
    const revisions = new Revisions(between, new RevisionStore(database), proposals, tables, logger);
    return { revisions, between };
  };
  [one, other] = [replica(), replica()];
  blocks = await Promise.all([openBlocks(configSigner), openBlocks(configSigner)]);
}, 90_000);
async function openBlocks(configSigner: ConfigSigner): Promise<Blocks> {
  const list = new BlockList(bus, configSigner.verifier, logger);
  const record = new BlockListRecord(database, configSigner.verifier, logger);
  const opened = new Blocks(bus, list, configSigner, record, logger);
  await opened.start();
  await opened.compare();
  return opened;
}
afterAll(async () => {
  for (const each of blocks) await each.close();
  sealer.close();
  await tables.close();
  await database.close();
  await world.stop();
});

let nth = 0;
/** A new revision, stored. */
async function stored(changes = ''): Promise<number> {
  nth++;
  const text = `version: 1
identity: { issuers: [{ issuer: 'http://127.0.0.1:1', audience: x }] }
connections: { demo: { baseUrl: 'http://127.0.0.1:2', models: [demo] } }
rules: [{ name: all, effect: allow }, { name: no-${nth}, effect: deny, prompt: { keywords: [word${nth}] } }]
approvals: { groups: { leads: { claim: leads } }${changes} }
`;
  const files = [{ name: 'sallyport.yaml', text }];
  const loaded = loadPolicy(files);
  if (loaded.kind !== 'policy') throw new Error(JSON.stringify(loaded.issues));
  return one.revisions.create({ ...loaded, files }, `number ${nth}`, person('erin'));
}
const asked = { message: 'now', author: person('erin') };
const inForce = async () => (await one.between.read())?.active;
const timesSaid = async (number: number) =>
  (await activations(bus)).filter(({ revision }) => revision === `r${number}`).length;

test('an activation that another one overtakes changes nothing, is not announced, and says which one was faster', async () => {
  const [slow, fast] = [await stored(), await stored()];
  one.between.meanwhile = () => other.revisions.activate(fast, asked);
  await expect(one.revisions.activate(slow, asked)).rejects.toMatchObject({
    code: 'config.outdated',
    message: `Revision r${fast} came into force meanwhile.`,
  });
  expect(await inForce()).toMatchObject({ revision: `r${fast}` });
  expect([await timesSaid(slow), await timesSaid(fast)]).toEqual([0, 1]);
});

describe('an activation that people agreed to', () => {
  beforeEach(async () => {
    const before = await stored(`, changes: { all: { leads: 1 } }`);
    const current = await inForce();
    if (!current?.document.approvals.changes) await one.revisions.activate(before, asked);
  });

  /** A revision whose activation was asked for, and the decision for it. */
  async function agreedTo() {
    const number = await stored(`, changes: { all: { leads: 1 } }`);
    await one.revisions.activate(number, asked);
    const [view] = (await one.revisions.show(number)).proposals;
    const proposal = (await store.find(view!.approval.replace('.change', '')))!;
    const at = Date.now();
    const { requestId, version, body } = proposal.requested;
    const signature = signer.sign(changeTerms(proposal.requested, at));
    const head = { kind: 'outcome', gate: 'change', outcome: 'approved', requestId, version, signature, at };
    return { number, proposal, head: { ...head, digest: body.digest } as DecidedOutcome };
  }
  const decide = ({ revisions }: typeof one, head: DecidedOutcome) =>
    new OnApprovalDecided(store, revisions, verifier, logger).handle({ head } as EventMessage<never>);
  const ended = async (number: number) => (await one.revisions.show(number)).proposals[0];

  test('and that another one overtakes between the look and the change ends as outdated, and says by what', async () => {
    const [slow, fast] = [await agreedTo(), await agreedTo()];
    one.between.meanwhile = () => decide(other, fast.head);
    await decide(one, slow.head);
    expect(await ended(slow.number)).toMatchObject({
      state: 'outdated',
      why: `r${fast.number} came into force meanwhile`,
    });
    expect(await ended(fast.number)).toMatchObject({ state: 'activated' });
    expect(await inForce()).toMatchObject({ revision: `r${fast.number}`, approval: fast.proposal.id });
    expect([await timesSaid(slow.number), await timesSaid(fast.number)]).toEqual([0, 1]);
  });

  test('and that was overtaken before it was decided ends as outdated too', async () => {
    const [late, first] = [await agreedTo(), await agreedTo()];
    await decide(one, first.head);
    await decide(one, late.head);
    expect(await ended(late.number)).toMatchObject({ state: 'outdated' });
    expect(await inForce()).toMatchObject({ revision: `r${first.number}` });
  });

  test('comes into force once where two replicas act on the same decision at the same time', async () => {
    const { number, proposal, head } = await agreedTo();
    one.between.meanwhile = () => decide(other, head);
    await decide(one, head);
    expect(await ended(number)).toMatchObject({ state: 'activated' });
    expect(await inForce()).toMatchObject({ revision: `r${number}`, approval: proposal.id });
    expect(await timesSaid(number)).toBe(1);
  });
});

function freezesOfBoth(): Freezes[] {
  const config = { current: undefined } as ActiveConfig;
  return blocks.map((each) => new Freezes(bus, each, sealer, names, config, {} as PolicySettings, logger));
}

test('of two who freeze the same at the same time one is the first, and only the other may release it', async () => {
  const issuer = 'https://idp';
  const [here, there] = freezesOfBoth() as [Freezes, Freezes];
  for (let round = 0; round < 10; round++) {
    const body = { target: 'user', name: `carol${round}`, issuer, reason: 'an incident' } as const;
    const [a, b] = [person('erin'), person('dave')];
    const views = await Promise.all([here.freeze(body, a), there.freeze(body, b)]);
    expect(views[1]).toEqual(views[0]);
    const outcomes = await Promise.allSettled([here.release(body, a), there.release(body, b)]);
    const codes = outcomes.map((one) => (one.status === 'fulfilled' ? 'released' : one.reason.code));
    expect(codes.filter((code) => code === 'released')).toHaveLength(1);
    expect(['freeze.second_person', 'freeze.not_found']).toContain(codes.find((code) => code !== 'released'));
  }
});

test('of two who release the same at the same time one does, and the other hears that it is not frozen', async () => {
  const [here, there] = freezesOfBoth() as [Freezes, Freezes];
  const body = { target: 'group', name: 'contractors', reason: 'x' } as const;
  await here.freeze(body, person('erin'));
  const outcomes = await Promise.allSettled([
    here.release(body, person('dave')),
    there.release(body, person('bob')),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const failed = outcomes.find((one) => one.status === 'rejected') as PromiseRejectedResult;
  expect(failed.reason).toMatchObject({ code: 'freeze.not_found' });
});
