import { contentErased, durationMs, events, type PolicyDocument } from '#contracts';
import { eventNameOf } from '../entries/facts.ts';

/** How long each class is kept, and the revision that says so. */
export interface RetentionRule {
  contentMs: number;
  metadataMs: number;
  decisionsMs: number;
  revision: string;
  /** The durations as the document writes them. */
  words: { content: string; metadata: string; decisions: string };
}

/** A closed segment: a run of entries that nothing is added to any more. */
export interface Segment {
  id: number;
  from: number;
  to: number;
  /** When its last entry was stored. */
  lastAt: number;
  contentDropped: boolean;
  metadataDropped: boolean;
  decisionsDropped: boolean;
}

/** `content`: sealed tails go. `metadata`: entries go but decisions. `decisions`: the rest goes. */
export type Dropping = 'content' | 'metadata' | 'decisions';

/** What a document says of retention. Content is kept no longer, decisions no shorter than metadata. Pure. */
export function retentionRule(document: PolicyDocument, revision: string): RetentionRule {
  const { content, metadata, decisions } = document.retention;
  const metadataMs = durationMs(metadata);
  return {
    contentMs: Math.min(durationMs(content), metadataMs),
    metadataMs,
    decisionsMs: Math.max(durationMs(decisions), metadataMs),
    revision,
    words: { content, metadata, decisions },
  };
}

/** What of a segment is past its time, in the order in which it goes. Pure. */
export function dueOf(segment: Segment, rule: RetentionRule, nowMs: number): Dropping[] {
  const age = nowMs - segment.lastAt;
  const due: Dropping[] = [];
  if (!segment.contentDropped && age > rule.contentMs) due.push('content');
  if (!segment.metadataDropped && age > rule.metadataMs) due.push('metadata');
  if (!segment.decisionsDropped && age > rule.decisionsMs) due.push('decisions');
  return due;
}

const passing = new Set(['access.denied', 'content.read', 'request.received', 'request.completed']);
const decisions = new Set(
  events.map(({ name }) => name).filter((name) => !name.startsWith('request.') && !passing.has(name)),
);

/** Whether an event is something that people decided or changed. Pure. */
export function isDecision(subject: string): boolean {
  const name = eventNameOf(subject);
  return name !== null && decisions.has(name);
}

/** Whether an event says that a person was erased. It always stays: without it what they lack looks like tampering. Pure. */
export function isErasure(subject: string): boolean {
  return eventNameOf(subject) === contentErased.name;
}
