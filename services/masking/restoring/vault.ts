import { createHash } from 'node:crypto';
import { buckets, type RequestReleased, VaultContent, VaultEntry, vaultKeys } from '#contracts';
import { type Bus, MissingDependencyError } from '#messaging';
import { ContentErasedError, type Sealer } from '#sealing';
import type { Logger } from '#telemetry';
import type { MaskingPass } from '../masking-pass.ts';

/** What one entry holds at most; what is past it stays a placeholder for the caller. */
const mostValues = 10_000;
const mostChars = 400_000;
const mostTries = 8;

type Values = VaultContent['values'];

interface Found {
  readonly values: Values;
  readonly revision: number;
}

/**
 * Keeps what the placeholders of a request stand for, sealed with the requester's key, until the profile says it ends:
 * for the request (ingress restores from there) and, where the scope is wider, for the requests after it. Audit destroys
 * all of a person's entries with their key.
 */
export class Vault {
  constructor(
    private readonly bus: Bus,
    private readonly sealer: Sealer,
    private readonly logger: Logger,
  ) {}

  /**
   * Keeps what a pass masked in a request. Gives whether there is anything to restore in its answer. Throws
   * `MissingDependencyError` where it can't be kept: then the model isn't called.
   */
  async keep(head: RequestReleased, pass: MaskingPass, answersJson: boolean): Promise<boolean> {
    const { scope, expiresInMs } = pass.profile.vault;
    const nowMs = Date.now();
    const own = valuesOf(pass.issued, nowMs + expiresInMs);
    const values = scope === 'request' ? own : await this.keepForScope(head, pass.scope, own, nowMs);
    if (Object.keys(values).length === 0) return false;
    const content: VaultContent = { method: head.method, path: head.path, answersJson, values };
    const key = vaultKeys.request(head.subjectKey, head.terms.requestId);
    const entry = await this.sealed(head.subjectKey, key, content, nowMs + expiresInMs);
    const bucket = await this.bucket();
    await bucket.put(key, entry).catch(away);
    return true;
  }

  /** What stands for values in a request's answer, by stand-in; empty where nothing was kept, or not any more. */
  async standInsOf({ subjectKey, terms }: RequestReleased): Promise<ReadonlyMap<string, string>> {
    const { values } = await this.read(
      subjectKey,
      vaultKeys.request(subjectKey, terms.requestId),
      Date.now(),
    );
    return new Map(Object.entries(values).map(([standIn, [value]]) => [standIn, value]));
  }

  /** Adds to what earlier requests of the scope left. Gives all of it. */
  private async keepForScope(
    head: RequestReleased,
    scope: string,
    own: Values,
    nowMs: number,
  ): Promise<Values> {
    const { subjectKey, method, path } = head;
    const key = vaultKeys.scope(subjectKey, createHash('sha256').update(scope).digest('hex'));
    const bucket = await this.bucket();
    for (let tries = 0; tries < mostTries; tries++) {
      const found = await this.read(subjectKey, key, nowMs);
      const values = bounded({ ...found.values, ...own });
      if (Object.keys(own).length === 0) return values;
      const expiresAt = Math.max(...Object.values(values).map(([, until]) => until));
      const content: VaultContent = { method, path, answersJson: false, values };
      const entry = await this.sealed(subjectKey, key, content, expiresAt);
      // Another request of the scope may have been first: then this one reads again.
      const written =
        found.revision === 0 ? bucket.create(key, entry) : bucket.update(key, entry, found.revision);
      const kept = await written.then(
        () => true,
        (error: unknown) => (/wrong last sequence/i.test(String(error)) ? false : away(error)),
      );
      if (kept) return values;
    }
    throw new MissingDependencyError('the vault changes too fast');
  }

  private async read(subjectKey: string, key: string, nowMs: number): Promise<Found> {
    const bucket = await this.bucket();
    const entry = await bucket.get(key).catch(away);
    if (entry?.operation !== 'PUT') return { values: {}, revision: entry?.revision ?? 0 };
    try {
      const { sealed } = VaultEntry.parse(entry.json());
      const clear = await this.sealer.open(subjectKey, key, Buffer.from(sealed, 'base64'));
      const { values } = VaultContent.parse(JSON.parse(clear.toString('utf8')));
      const live = Object.entries(values).filter(([, [, until]]) => until > nowMs);
      return { values: Object.fromEntries(live), revision: entry.revision };
    } catch (error) {
      if (error instanceof MissingDependencyError) throw error;
      // Sealed with a key that was destroyed, or damaged: nothing of it can be restored.
      if (!(error instanceof ContentErasedError))
        this.logger.error({ err: error }, 'a vault entry can not be read');
      return { values: {}, revision: entry.revision };
    }
  }

  private async sealed(
    subjectKey: string,
    key: string,
    content: VaultContent,
    expiresAt: number,
  ): Promise<string> {
    const clear = Buffer.from(JSON.stringify(content));
    const sealed = await this.sealer.seal(subjectKey, key, clear);
    return JSON.stringify({ expiresAt, sealed: sealed.toString('base64') } satisfies VaultEntry);
  }

  private bucket() {
    return this.bus.bucket(buckets.vault).catch(away);
  }
}

function valuesOf(issued: ReadonlyMap<string, string>, until: number): Values {
  return bounded(
    Object.fromEntries([...issued].map(([placeholder, value]) => [placeholder, [value, until]])),
  );
}

/** As much as fits, the newest first. */
function bounded(values: Values): Values {
  let chars = 0;
  const kept = Object.entries(values)
    .reverse()
    .slice(0, mostValues)
    .filter(([placeholder, [value]]) => {
      chars += placeholder.length + value.length + 30;
      return chars <= mostChars;
    });
  return Object.fromEntries(kept.reverse());
}

function away(cause: unknown): never {
  throw new MissingDependencyError('the vault is away', { cause });
}
