import { type EntryLine, sha256, signTombstone } from '#ledger';
import { type Attack, pickEntry, rehash, renumber, seal } from './lines.ts';

const hasContent = ({ sealed }: EntryLine): boolean => sealed.data !== null && sealed.data !== '';
const isOpen = ({ personal }: EntryLine): boolean => personal.some(({ value }) => value !== null);

/** What somebody does who can write the database, or an export of it, and knows the format. */
export const entryAttacks: Record<string, Attack> = {
  'content of another entry': ({ lines, origin, signer }, dice) => {
    const [a, b] = [pickEntry(lines, dice, hasContent), pickEntry(lines, dice, hasContent)];
    const [first, second] = [lines[a] as EntryLine | undefined, lines[b] as EntryLine | undefined];
    if (!first || !second || first.sealed.data === second.sealed.data) return undefined;
    const withDigest = dice(2) === 0;
    const given = (to: EntryLine, from: EntryLine): EntryLine =>
      withDigest
        ? rehash({ ...to, sealed: from.sealed })
        : { ...to, sealed: { ...to.sealed, data: from.sealed.data } };
    return seal(lines.with(a, given(first, second)).with(b, given(second, first)), origin, signer);
  },
  'another salt': ({ lines, origin, signer }, dice) => {
    const at = pickEntry(lines, dice, isOpen);
    const entry = lines[at] as EntryLine | undefined;
    if (!entry) return undefined;
    const other = sha256(Buffer.from(`salt ${dice(1e9)}`)).subarray(0, 16);
    const personal = entry.personal.map((part) =>
      part.salt === null ? part : { ...part, salt: other.toString('base64') },
    );
    return seal(lines.with(at, { ...entry, personal }), origin, signer);
  },
  'another person': ({ lines, origin, signer }, dice) => {
    const [a, b] = [pickEntry(lines, dice, isOpen), pickEntry(lines, dice, isOpen)];
    const [first, second] = [lines[a] as EntryLine | undefined, lines[b] as EntryLine | undefined];
    if (!first || !second || JSON.stringify(first.personal) === JSON.stringify(second.personal))
      return undefined;
    const swapped = dice(2) === 0 ? rehash : (entry: EntryLine) => entry;
    const changed = lines
      .with(a, swapped({ ...first, personal: second.personal }))
      .with(b, swapped({ ...second, personal: first.personal }));
    return seal(changed, origin, signer);
  },
  'made-up entry': ({ lines, origin, signer }, dice) => {
    const at = pickEntry(lines, dice);
    const like = lines[at] as EntryLine;
    const { index, sequence } = like;
    const place = { index: index + 1, sequence: sequence + 1 };
    const made = rehash({ ...like, ...place, messageId: `made-${dice(1e9)}`, personal: [] });
    return seal(renumber(lines, at + 1, 1).toSpliced(at + 1, 0, made), origin, signer);
  },
  'recorded as lost': ({ lines, origin, signer }, dice) => {
    const at = pickEntry(lines, dice, ({ kind }) => kind === 'event');
    const entry = lines[at] as EntryLine;
    const nothing = { bytes: 0, digest: sha256(Buffer.alloc(0)).toString('base64'), data: '' };
    const head = JSON.stringify({ from: entry.sequence });
    const lost = {
      ...entry,
      kind: 'gap' as const,
      subject: '',
      messageId: '',
      head,
      personal: [],
      sealed: nothing,
    };
    return seal(lines.with(at, rehash(lost)), origin, signer);
  },
  'a log twice': ({ lines, origin, signer }, dice) => {
    const entries = lines.filter((line): line is EntryLine => line.line === 'entry');
    const next = (entries.at(-1)?.index ?? -1) + 1;
    const logId = `EVENTS-copy-${dice(1e9)}`;
    const copies = entries
      .slice(0, 1 + dice(entries.length))
      .map((entry, i) => rehash({ ...entry, logId, sequence: i + 1, index: next + i }));
    const last = lines.findLastIndex(({ line }) => line === 'entry');
    return seal(lines.toSpliced(last + 1, 0, ...copies), origin, signer);
  },
  'moved checkpoint': ({ lines, origin, signer }, dice) => {
    const places = lines.flatMap(({ line }, i) => (line === 'checkpoint' ? [i] : []));
    const from = places[dice(places.length)] as number;
    const to = pickEntry(lines, dice);
    const moved = lines.toSpliced(from, 1).toSpliced(to > from ? to - 1 : to, 0, lines[from]!);
    return seal(moved, origin, signer);
  },
  'forged tombstone': ({ lines, origin, signer, stranger }, dice) => {
    const at = pickEntry(lines, dice, hasContent);
    const entry = lines[at] as EntryLine | undefined;
    if (!entry) return undefined;
    const [from, to] = [entry.index, entry.index + 1];
    const stone = {
      origin,
      scope: 'content' as const,
      from,
      to,
      dropped: 1,
      atMs: entry.atMs,
      reason: 'forged',
    };
    const gone = lines.with(at, { ...entry, sealed: { ...entry.sealed, data: null } });
    const note = signTombstone(stone, [stranger]);
    return seal(gone.toSpliced(1, 0, { line: 'tombstone', note }), origin, signer);
  },
};
