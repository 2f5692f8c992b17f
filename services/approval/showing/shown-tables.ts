import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ActiveConfig, type ActiveRevision } from '#boot';
import { shownProfile } from '#contracts';
import { compileMasker } from '#redaction';
import { TablesThread } from '#tables';

/** Authors were held to a second when the revision was made; a busy machine may take longer. */
const timeoutMs = 10_000;

/** Compiles the profile under which approvers see content in a thread, before it is used. */
@Injectable()
export class ShownTables {
  private readonly tables = new TablesThread({ timeoutMs });

  constructor(config: ActiveConfig) {
    config.beforeChange((revision) => this.prepare(revision));
    // A profile that can't be compiled shows where it is used: nothing is shown then.
    if (config.current) void this.prepare(config.current).catch(() => undefined);
  }

  private async prepare({ document }: ActiveRevision): Promise<void> {
    const profile = shownProfile(document);
    if (!profile) return;
    await this.tables.prepare(profile);
    // Tables are unpacked now, and not when the first approver looks.
    compileMasker(profile, { key: randomBytes(32), scope: '' });
  }
}
