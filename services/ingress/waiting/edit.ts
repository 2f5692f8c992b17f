import { Injectable } from '@nestjs/common';
import type { ContentDifference, HeldEntry } from '#contracts';
import { differencesOf } from '#protocols';
import { StoredRequests } from './stored-requests.ts';

/** Tells a requester what people changed in their request. */
@Injectable()
export class Edits {
  constructor(private readonly stored: StoredRequests) {}

  /** Undefined where nothing was edited, the rule keeps it to itself, or the content is gone. */
  async of({ requestId, askedSequence, edited }: HeldEntry): Promise<ContentDifference[] | undefined> {
    if (askedSequence === undefined || edited === undefined) return undefined;
    const [sent, made] = await Promise.all([
      this.stored.open(requestId, askedSequence),
      this.stored.open(requestId, edited.sequence),
    ]);
    return sent && made ? differencesOf(sent, made) : undefined;
  }
}
