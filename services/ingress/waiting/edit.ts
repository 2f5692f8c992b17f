import { Injectable } from '@nestjs/common';
import type { ContentDifference, HeldEntry } from '#contracts';
import { differencesOf } from '#protocols';
import { StoredRequests } from './stored-requests.ts';

/** Tells a requester what people changed in their request. */
@Injectable()
export class Edits {
  constructor(private readonly stored: StoredRequests) {}

  /** Undefined where nothing was edited, the rule keeps it to itself, or the content is gone. */
  async of(entry: HeldEntry): Promise<ContentDifference[] | undefined> {
    const { askedSequence, edited } = entry;
    if (askedSequence === undefined || edited === undefined) return undefined;
    const [sent, made] = await Promise.all([
      this.stored.open(entry, askedSequence),
      this.stored.open(entry, edited.sequence),
    ]);
    return sent && made ? differencesOf(sent, made) : undefined;
  }
}
