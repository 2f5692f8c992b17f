import {
  type CheckpointLine,
  CompactRange,
  type EntryLine,
  type ExportLine,
  type NoteSigner,
  noteVerifier,
  openNote,
  signCheckpoint,
  signNote,
} from '#ledger';
import { entryAttacks } from './entry-attacks.ts';
import { type Attack, type Dice, isEntry, pickEntry, rehash, renumber, seal, type Target } from './lines.ts';

/** Signs every note of the export again by `by`, its text unchanged. */
export function resign(lines: readonly ExportLine[], from: readonly string[], by: NoteSigner): ExportLine[] {
  const verifiers = from.map(noteVerifier);
  return lines.map((line) => {
    if (line.line !== 'tombstone' && line.line !== 'checkpoint') return line;
    return { ...line, note: signNote(openNote(line.note, verifiers).text, [by]) };
  });
}

/** Gives every entry and checkpoint the hashes that the changed entries have, signed by `by`: another history. */
function rewriteHistory(target: Target, lines: readonly ExportLine[], by: NoteSigner): ExportLine[] {
  const tree = new CompactRange();
  return lines.map((line): ExportLine => {
    if (line.line === 'skipped') {
      let start = line.from;
      for (const node of line.nodes) {
        let level = 0;
        while (start % 2 ** (level + 1) === 0 && start + 2 ** (level + 1) <= line.to) level += 1;
        tree.appendSubtree(level, Buffer.from(node, 'base64'));
        start += 2 ** level;
      }
    }
    if (isEntry(line)) {
      const entry = rehash(line);
      tree.append(Buffer.from(entry.leaf, 'base64'));
      return entry;
    }
    if (line.line !== 'checkpoint') return line;
    const { origin } = target;
    return { ...line, note: signCheckpoint({ origin, size: tree.size, root: tree.root() }, [by]) };
  });
}

function flipText(text: string, dice: Dice): string {
  const at = dice(text.length);
  const code = text.charCodeAt(at) === 0x37 ? '8' : '7';
  return text.slice(0, at) + code + text.slice(at + 1);
}

const fieldChanges: ((line: EntryLine, dice: Dice) => EntryLine | undefined)[] = [
  (line, dice) => ({ ...line, atMs: line.atMs + 1 + dice(1000) }),
  (line, dice) => ({ ...line, head: flipText(line.head, dice) }),
  (line, dice) => ({ ...line, subject: flipText(`${line.subject}.`, dice) }),
  (line, dice) => ({ ...line, messageId: flipText(`${line.messageId}-`, dice) }),
  (line, dice) => ({ ...line, logId: flipText(line.logId, dice) }),
  (line, dice) => ({ ...line, sequence: line.sequence + 1 + dice(50) }),
  (line, dice) => ({ ...line, sealed: { ...line.sealed, bytes: line.sealed.bytes + 1 + dice(9) } }),
  (line, dice) => withPart(line, dice, (part) => ({ ...part, ownerKey: `${part.ownerKey}x` })),
  (line, dice) => withPart(line, dice, (part) => ({ ...part, path: `${part.path}x` })),
  (line, dice) =>
    withPart(line, dice, (part) => (part.value === null ? undefined : { ...part, value: '"someone else"' })),
];

type Part = EntryLine['personal'][number];

function withPart(
  line: EntryLine,
  dice: Dice,
  change: (part: Part) => Part | undefined,
): EntryLine | undefined {
  const at = dice(line.personal.length);
  const changed = line.personal[at] === undefined ? undefined : change(line.personal[at]);
  return changed === undefined ? undefined : { ...line, personal: line.personal.with(at, changed) };
}

/** Replaces one entry and seals with the log's own key, as a database that was changed would be exported. */
function editEntry(
  target: Target,
  dice: Dice,
  change: (line: EntryLine) => EntryLine | undefined,
): Buffer | undefined {
  const at = pickEntry(target.lines, dice);
  const changed = change(target.lines[at] as EntryLine);
  return changed === undefined
    ? undefined
    : seal(target.lines.with(at, changed), target.origin, target.signer);
}

/** The attacks by name. Where not said otherwise the seal is made with the log's own key. */
export const attacks: Record<string, Attack> = {
  'bit flip in the file': ({ lines, origin, signer }, dice) => {
    const bytes = seal(lines, origin, signer);
    const at = dice(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << dice(8));
    return bytes;
  },
  'changed field': (target, dice) =>
    editEntry(target, dice, (line) => fieldChanges[dice(fieldChanges.length)]?.(line, dice)),
  'changed field and leaf hash': (target, dice) =>
    editEntry(target, dice, (line) => {
      const changed = fieldChanges[dice(fieldChanges.length - 1)]?.(line, dice);
      return changed && rehash(changed);
    }),
  'changed content': (target, dice) =>
    editEntry(target, dice, (line) => {
      const { data } = line.sealed;
      if (data === null || data === '') return undefined;
      const bytes = Buffer.from(data, 'base64');
      bytes[dice(bytes.length)]! ^= 1 << dice(8);
      return { ...line, sealed: { ...line.sealed, data: bytes.toString('base64') } };
    }),
  'hidden person or content': (target, dice) =>
    editEntry(target, dice, (line) => {
      if (dice(2) === 0)
        return withPart(line, dice, (part) =>
          part.value === null ? undefined : { ...part, ownerKey: '', salt: null, value: null },
        );
      const isGone = line.sealed.data === null || line.sealed.bytes === 0;
      return isGone ? undefined : { ...line, sealed: { ...line.sealed, data: null } };
    }),
  swap: ({ lines, origin, signer }, dice) => {
    const [a, b] = [pickEntry(lines, dice), pickEntry(lines, dice)];
    if (a === b) return undefined;
    const [first, second] = [lines[a] as EntryLine, lines[b] as EntryLine];
    const isRenumbered = dice(2) === 0;
    const place = ({ index, sequence, logId }: EntryLine) => (isRenumbered ? { index, sequence, logId } : {});
    const swapped = lines
      .with(a, rehash({ ...second, ...place(first) }))
      .with(b, rehash({ ...first, ...place(second) }));
    return seal(swapped, origin, signer);
  },
  deletion: ({ lines, origin, signer }, dice) => {
    const at = pickEntry(lines, dice);
    const rest = lines.toSpliced(at, 1);
    return seal(dice(2) === 0 ? rest : renumber(rest, at, -1), origin, signer);
  },
  replay: ({ lines, origin, signer }, dice) => {
    const [from, to] = [pickEntry(lines, dice), pickEntry(lines, dice)];
    const copy = lines[from] as EntryLine;
    if (dice(2) === 0) return seal(lines.toSpliced(to + 1, 0, copy), origin, signer);
    const { index, sequence, logId } = lines[to] as EntryLine;
    const again = rehash({ ...copy, index: index + 1, sequence: sequence + 1, logId });
    return seal(renumber(lines, to + 1, 1).toSpliced(to + 1, 0, again), origin, signer);
  },
  'truncated file': ({ lines, origin, signer }, dice) => {
    const bytes = seal(lines, origin, signer);
    return bytes.subarray(0, dice(bytes.length));
  },
  'truncated ledger': ({ lines, origin, signer }, dice) => {
    const ends = lines.flatMap((line, i) => (line.line === 'checkpoint' ? [i] : [])).slice(0, -1);
    const end = ends[dice(ends.length)];
    return end === undefined ? undefined : seal(lines.slice(0, end + 1), origin, signer);
  },
  'signed by another key': ({ lines, origin, signer, stranger }, dice) => {
    if (dice(2) === 0) return seal(resign(lines, [signer.publicKey], stranger), origin, stranger);
    return seal(lines, origin, stranger);
  },
  'forked tree': (target, dice) => {
    const at = pickEntry(target.lines, dice);
    const entry = target.lines[at] as EntryLine;
    const changed = target.lines.with(at, { ...entry, atMs: entry.atMs + 1 + dice(1000) });
    const by = dice(2) === 0 ? target.signer : target.stranger;
    return seal(rewriteHistory(target, changed, by), target.origin, target.signer);
  },
  'hidden behind a hash': ({ lines, origin, signer }, dice) => {
    const at = pickEntry(lines, dice);
    const { index, leaf } = lines[at] as EntryLine;
    return seal(
      lines.with(at, { line: 'skipped', from: index, to: index + 1, nodes: [leaf] }),
      origin,
      signer,
    );
  },
  ...entryAttacks,
};

/** The last checkpoint of an export, as someone outside would have kept it. */
export function lastCheckpoint(lines: readonly ExportLine[]): string {
  const last = lines.findLast((line): line is CheckpointLine => line.line === 'checkpoint');
  if (last === undefined) throw new Error('the export has no checkpoint');
  return last.note;
}
