import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type ActiveRevision, LOGGER } from '#boot';
import type { Principal, RevisionDetail, RevisionList } from '#contracts';
import { CodedError, canonicalJson, type PolicyDocument, PolicyDocument as Schema } from '#contracts';
import { type CompiledPolicy, compilePolicy, prepareProfiles } from '#rules';
import { TablesThread } from '#tables';
import type { Logger } from '#telemetry';
import type { Proposal } from '../proposing/proposal-store.ts';
import { Proposals } from '../proposing/proposals.ts';
import { requirementForChanges } from '../proposing/propose.ts';
import { Activation, type InForce, type Standing } from './activation.ts';
import type { Usable } from './read-sources.ts';
import { authorOf, type NewRevision, RevisionStore, type StoredRevision } from './revision-store.ts';

/** What became of an activation that people agreed to. */
export interface ApprovedEnding {
  state: 'activated' | 'outdated' | 'refused';
  why?: string;
}

interface How {
  message: string;
  author?: Principal;
  approval?: string;
}

const digestOf = (document: PolicyDocument): string =>
  createHash('sha256').update(canonicalJson(document)).digest('hex');

/** Makes, shows and activates revisions: Postgres holds all of them, KV `config` the one in force. */
@Injectable()
export class Revisions {
  constructor(
    private readonly activation: Activation,
    private readonly store: RevisionStore,
    private readonly proposals: Proposals,
    private readonly tables: TablesThread,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Newest first, with what is in force. */
  async list(): Promise<RevisionList> {
    const [items, inForce] = [await this.store.list(), await this.activation.read()];
    const active = inForce?.active.revision ?? null;
    return { active, items: items.map((item) => ({ ...item, isActive: item.revision === active })) };
  }

  async show(number: number): Promise<RevisionDetail> {
    const { detail } = await this.find(number);
    const inForce = await this.activation.read();
    const proposals = await this.proposals.of(number);
    return { ...detail, isActive: inForce?.number === number, proposals };
  }

  /** A revision's document. Throws `config.not_found`. */
  async find(number: number): Promise<StoredRevision & { detail: RevisionDetail }> {
    const found = await this.store.find(number);
    if (!found) throw new CodedError('config.not_found', `There is no revision r${number}.`);
    return found;
  }

  /** Stores a revision, which isn't in force yet. The one in force, again, is not a new one: gives its number. */
  async create(usable: Usable, message: string, author: Principal | undefined): Promise<number> {
    const inForce = await this.activation.read();
    const revision = this.newRevision(usable, 'api', inForce, message, author);
    if (inForce?.active.digest === revision.digest) return inForce.number;
    return this.store.create(revision, inForce?.number ?? 0);
  }

  /**
   * Puts a revision into force everywhere; where the one in force wants people's approval for that, asks for it and
   * changes nothing yet. Throws `config.outdated` where another one is in force than `expected`.
   */
  async activate(
    number: number,
    { expected, message, author }: { expected?: string; message: string; author: Principal },
  ): Promise<void> {
    const revision = await this.find(number);
    const inForce = await this.activation.read();
    if (expected !== undefined && inForce?.active.revision !== expected) {
      const now = inForce?.active.revision ?? 'none';
      throw new CodedError('config.outdated', `The revision in force is ${now}, not ${expected}.`);
    }
    if (inForce?.number === number) return;
    const requirement = inForce && requirementForChanges(inForce.active.document);
    if (!requirement) return this.put(revision, inForce, { message, author });
    await this.compiled(revision);
    await this.proposals.ask(revision, inForce, requirement, { message, author });
  }

  /**
   * Puts a revision into force that people agreed to, where nothing else came into force since it was asked for. Done
   * twice it happens once: what is in force says by which approval.
   */
  async activateApproved(proposal: Proposal): Promise<ApprovedEnding> {
    const { id, number, message, requested, baseEntry } = proposal;
    const author = requested.context.principal;
    const [revision, inForce] = [await this.find(number), await this.activation.read()];
    if (inForce?.active.approval === id) {
      await this.say(inForce.active, number, { message, author });
      return { state: 'activated' };
    }
    if (inForce?.entry !== baseEntry) {
      return { state: 'outdated', why: `${inForce?.active.revision ?? 'nothing'} came into force meanwhile` };
    }
    try {
      await this.put(revision, inForce, { message, author, approval: id });
      return { state: 'activated' };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      // Whether it was this one, on another replica, is what the next look says.
      if (error.code === 'config.outdated') return this.activateApproved(proposal);
      return { state: 'refused', why: error.message.slice(0, 2000) };
    }
  }

  /** Puts the revision that was in force before this one into force again. Gives its number. */
  async rollBack(options: { expected?: string; message?: string; author: Principal }): Promise<number> {
    const inForce = await this.activation.read();
    const earlier = (await this.store.lastActivated(1000)).find((number) => number !== inForce?.number);
    if (earlier === undefined) throw new CodedError('config.not_found', 'No other revision was in force.');
    const message = options.message ?? `rolled back from ${inForce?.active.revision ?? 'nothing'}`;
    await this.activate(earlier, { ...options, message });
    return earlier;
  }

  /**
   * What the file says at start. A file that changed since it was last imported becomes a revision and comes into
   * force; one that didn't leaves in force what people activated since.
   */
  async importFile(usable: Usable, message: string): Promise<void> {
    const inForce = await this.adoptInForce();
    const digest = digestOf(usable.document);
    const last = await this.store.lastImported();
    if (last?.digest === digest) {
      if (!inForce) await this.restore(last.number);
      return;
    }
    const revision = this.newRevision(usable, 'file', inForce, message, undefined);
    const number = await this.store.create(revision, inForce?.number ?? 0);
    const stored = { number, digest, document: usable.document };
    if (inForce?.active.digest === digest) return;
    if (inForce && requirementForChanges(inForce.active.document)) {
      const kept = inForce.active.revision;
      this.logger.warn(
        { kept, revision: `r${number}` },
        'the file changed; people have to agree to activate it',
      );
      return;
    }
    await this.put(stored, inForce, { message });
  }

  /** Without a database: the file is what is in force, numbered by KV `config` alone. */
  async importUnstored({ document }: Usable, message: string): Promise<void> {
    const standing = await this.activation.standing();
    const inForce = standing === 'forged' ? undefined : standing;
    const digest = digestOf(document);
    if (inForce?.active.digest === digest) return;
    if (inForce && requirementForChanges(inForce.active.document)) {
      this.logger.error(
        { kept: inForce.active.revision },
        'without a database nobody can agree to a changed file',
      );
      return;
    }
    const number = (inForce?.number ?? 0) + 1;
    await this.put({ number, digest, document }, standing, { message });
  }

  /** Makes sure that what is in force is stored and said: a crash may have come between, or the database is new. */
  private async adoptInForce(): Promise<InForce | undefined> {
    const inForce = await this.rightful();
    if (!inForce) return undefined;
    const { active, number } = inForce;
    const { document, digest, activatedAt } = active;
    const files = [{ name: 'sallyport.json', text: JSON.stringify(document, undefined, 2) }];
    const found = {
      digest,
      document,
      files,
      source: 'found',
      author: null,
      message: 'found in force',
    } as const;
    await this.store.adopt(number, { ...found, base: undefined, nowMs: activatedAt });
    const message = 'found in force';
    const isNew = await this.store.activated(number, { at: activatedAt, by: null, message });
    if (isNew) await this.activation.announce(active, message, undefined);
    return inForce;
  }

  /** What is in force. Where somebody else put another one there, or one of before, the last one is put back first. */
  private async rightful(): Promise<InForce | undefined> {
    // In this order: what another replica puts into force meanwhile is newer than `last`, and right.
    const last = await this.store.lastActivation();
    const standing = await this.activation.standing();
    if (!last) return standing === 'forged' ? undefined : standing;
    if (standing === undefined) {
      await this.restore(last.number);
      return this.activation.read();
    }
    if (standing !== 'forged' && standing.active.activatedAt >= last.at) return standing;
    this.logger.error({ restored: last.number }, 'another configuration than the one activated was in force');
    const message = 'put back: policy had not put into force what was';
    await this.put(await this.find(last.number), standing, { message });
    return this.activation.read();
  }

  /** The broker is new, or its entry was deleted: what was last in force comes into force again. */
  private async restore(number: number): Promise<void> {
    await this.put(await this.find(number), undefined, {
      message: 'in force before the broker was set up anew',
    });
  }

  private async put(revision: StoredRevision, before: Standing, how: How): Promise<void> {
    const { number, digest, document } = revision;
    const policy = await this.compiled(revision);
    const { approval } = how;
    // Services take nothing that was activated before what they have: no clock may be behind another.
    const earlier = before === undefined || before === 'forged' ? 0 : before.active.activatedAt;
    const at = Math.max(Date.now(), earlier + 1);
    const head = { revision: `r${number}`, digest, activatedAt: at, ...(approval && { approval }) };
    const active: ActiveRevision = { ...head, document };
    await this.activation.put(active, policy, before);
    this.logger.info({ revision: active.revision, approval }, 'revision activated');
    await this.say(active, number, how);
  }

  /** Says and notes that a revision is in force; twice is once. */
  private async say(active: ActiveRevision, number: number, { message, author }: How): Promise<void> {
    await this.activation.announce(active, message, author);
    const by = author ? authorOf(author) : null;
    if (this.store.isUsed) await this.store.activated(number, { at: active.activatedAt, by, message });
  }

  private newRevision(
    { document, files }: Usable,
    source: NewRevision['source'],
    inForce: InForce | undefined,
    message: string,
    author: Principal | undefined,
  ): NewRevision {
    return {
      ...{ digest: digestOf(document), document, files, source, message },
      author: author ? authorOf(author) : null,
      base: inForce && { number: inForce.number, document: inForce.active.document },
      nowMs: Date.now(),
    };
  }

  /** Compiles a revision. Throws `config.invalid`: one made by another version of Sallyport may not compile here. */
  private async compiled({ number, document }: StoredRevision): Promise<CompiledPolicy> {
    const parsed = Schema.parse(document);
    const refused = await prepareProfiles((profile) => this.tables.prepare(profile), parsed);
    const compilation =
      refused.length > 0 ? { kind: 'faults' as const, faults: refused } : compilePolicy(parsed);
    if (compilation.kind !== 'faults') return compilation.policy;
    const faults = compilation.faults.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new CodedError('config.invalid', `Revision r${number} does not compile here: ${faults.join('; ')}`);
  }
}
