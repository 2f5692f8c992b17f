import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { ActiveConfig, type ActiveRevision, LOGGER } from '#boot';
import { buckets, canonicalJson, configActivated, configKeys, encodeEnvelope } from '#contracts';
import { Bus } from '#messaging';
import { formatIssue, type LoadedPolicy, loadPolicy, type SourceFile } from '#rules';
import type { Logger } from '#telemetry';

/** A document that can't be used, with a line for each thing that is wrong. */
export class BadDocumentError extends Error {
  override readonly name = 'BadDocumentError';
}

/** Reads `sallyport.yaml`, or every YAML file of a folder, in name order. */
export async function readSources(location: string): Promise<SourceFile[]> {
  const found = await stat(location);
  if (!found.isDirectory())
    return [{ name: path.basename(location), text: await readFile(location, 'utf8') }];
  const names = (await readdir(location)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({ name, text: await readFile(path.join(location, name), 'utf8') })),
  );
}

type Usable = Extract<LoadedPolicy, { kind: 'policy' }>;

/** Puts revisions of `sallyport.yaml` into force: profiles first, then the document, by compare-and-set. */
@Injectable()
export class Revisions {
  constructor(
    private readonly bus: Bus,
    private readonly config: ActiveConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Puts what stands at `location` into force, unless it is already. Throws `BadDocumentError`. */
  async activateFrom(location: string): Promise<void> {
    const loaded = loadPolicy(await readSources(location));
    if (loaded.kind === 'issues') throw new BadDocumentError(loaded.issues.map(formatIssue).join('\n'));
    for (const warning of loaded.warnings) this.logger.warn({ warning }, 'configuration');
    await this.activate(loaded, `from ${path.basename(location)}`);
  }

  /** Makes a revision the one in force everywhere. */
  async activate({ document, policy }: Usable, message: string): Promise<void> {
    const digest = createHash('sha256').update(canonicalJson(document)).digest('hex');
    if (this.config.current?.digest === digest) return;
    const bucket = await this.bus.bucket(buckets.config);
    for (const { reference, profile } of policy.profiles.values()) {
      await bucket.put(configKeys.profile(reference.digest), JSON.stringify(profile));
    }
    const before = await bucket.get(configKeys.active);
    const number = before ? Number.parseInt(before.json<ActiveRevision>().revision.slice(1), 10) + 1 : 1;
    const revision: ActiveRevision = { revision: `r${number}`, digest, activatedAt: Date.now(), document };
    const text = JSON.stringify(revision);
    await (before
      ? bucket.update(configKeys.active, text, before.revision)
      : bucket.create(configKeys.active, text));
    const head = { revision: revision.revision, digest, message, at: revision.activatedAt };
    await this.bus.publish(configActivated.subject(), encodeEnvelope(head));
  }
}
