import type { JsonDocument } from '../json/document.ts';
import { arrayOf, type Json, objectOf, pointerTokens } from '../json/json.ts';
import type { Splice } from '../json/splice.ts';
import type { Channel, Tie } from './shape.ts';

/** A piece of a text as it came and as it went out. */
export interface Passed {
  readonly channel: Channel;
  readonly text: string;
  readonly masked: string;
}

interface Entry {
  readonly chars: number;
  readonly value: Json;
  readonly own: boolean;
}

/** Follows one text: which of its tokens have come out unmasked. */
interface Track {
  /** What came in and has not come out. */
  pending: string;
  waiting: Entry[];
  /** Up to the first masked character; from there on nobody can say which token is which. */
  faithful: boolean;
}

/**
 * Token probabilities of streamed texts. They go out with the last character of their token: while a mask holds
 * the text they wait with it, and where it masks the text they are dropped.
 */
export class Probabilities {
  private readonly tracks = new Map<string, Track>();

  /** Rewrites the lists of an event; returns the ties it took care of. */
  follow(
    document: JsonDocument,
    ties: readonly Tie[],
    passed: ReadonlyMap<string, Passed>,
    changed: readonly string[],
    splices: Splice[],
  ): ReadonlySet<Tie> {
    const done = new Set<Tie>();
    const followed = new Set<string>();
    for (const tie of ties) {
      const piece = tie.tokens === undefined ? undefined : passed.get(tie.tokens.of);
      if (tie.tokens === undefined || piece === undefined) continue;
      followed.add(piece.channel.key);
      const out = this.pass(piece, readEntries(document.value, tie.tokens.at, piece.text, changed));
      done.add(tie);
      if (out.isOwn && piece.text === piece.masked && !changed.some((at) => at.startsWith(`${tie.drop}/`)))
        continue;
      const span = document.containers.find(({ pointer }) => pointer === tie.drop);
      if (span !== undefined)
        splices.push({ start: span.start, end: span.end, text: writeEntries(out.values) });
    }
    for (const { channel, text, masked } of passed.values()) {
      if (followed.has(channel.key)) continue;
      // Text without probabilities keeps the count, but only where some came before.
      if (this.tracks.has(channel.key)) this.pass({ channel, text, masked }, []);
    }
    return done;
  }

  /** Entries that go out with the rest of a text that ended. */
  rest(channel: Channel, rest: string): readonly Json[] {
    if (!this.tracks.has(channel.key)) return [];
    const { values } = this.pass({ channel, text: '', masked: rest }, []);
    this.tracks.delete(channel.key);
    return values;
  }

  private pass({ channel, text, masked }: Passed, entries: readonly Entry[] | undefined): Out {
    const known = this.tracks.get(channel.key);
    const track = known ?? { pending: '', waiting: [], faithful: true };
    this.tracks.set(channel.key, track);
    if (entries === undefined) track.faithful = false;
    track.pending += text;
    track.faithful &&= track.pending.startsWith(masked);
    if (!track.faithful) {
      track.waiting = [];
      track.pending = '';
      return { values: [], isOwn: false };
    }
    const before = track.waiting.length;
    track.waiting.push(...(entries ?? []));
    return take(track, masked.length, before === 0, entries?.length ?? 0);
  }
}

interface Out {
  readonly values: readonly Json[];
  /** Exactly the entries that came with this piece. */
  readonly isOwn: boolean;
}

function take(track: Track, chars: number, wasEmpty: boolean, came: number): Out {
  const values: Json[] = [];
  let held = track.pending.length - chars;
  track.pending = track.pending.slice(chars);
  // Entries cover the end of the pending text: those that reach into what is still held wait.
  let waiting = track.waiting.length;
  while (waiting > 0 && held > 0) {
    waiting -= 1;
    held -= track.waiting[waiting]?.chars ?? 0;
  }
  for (const { value, own } of track.waiting.splice(0, waiting)) if (own) values.push(value);
  return { values, isOwn: wasEmpty && values.length === came };
}

/** The entries of a list, if its tokens add up to the text; an entry with a string that is masked is not `own`. */
function readEntries(value: Json, at: string, text: string, changed: readonly string[]): Entry[] | undefined {
  let list: Json | undefined = value;
  for (const token of pointerTokens(at))
    list = Array.isArray(list) ? list[Number(token)] : objectOf(list)[token];
  const entries = arrayOf(list).map((entry, index) => {
    const token = objectOf(entry).token;
    const own = !changed.some((pointer) => pointer.startsWith(`${at}/${index}/`));
    return { chars: typeof token === 'string' ? token.length : 0, token, value: entry, own };
  });
  return entries.map(({ token }) => token).join('') === text ? entries : undefined;
}

function writeEntries(values: readonly Json[]): string {
  return values.length === 0 ? 'null' : JSON.stringify({ content: values, refusal: null });
}
