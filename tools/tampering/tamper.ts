import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  type ExportLine,
  noteSignerFromSeed,
  parseLine,
  sampleExport,
  seededNumbers,
  sha256,
  verifyExport,
} from '#ledger';
import { attacks, lastCheckpoint, resign } from './export-attacks.ts';
import { type Dice, seal, type Target } from './lines.ts';

/** `npm run tamper -- [EXPORT --key PUB] [--n 1000] [--seed 1] [--json]`: tampers n times and counts what the verifier finds. */

const sampleOrigin = 'sallyport.example/ledger';
const sampleEntries = 160;
const maxDraws = 50;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The export at `path`, or a sample, ready to be attacked. Throws where it is not intact to begin with. */
export async function readTarget(path: string | undefined, keys: string[], seed: number): Promise<Target> {
  const keyOf = (name: string, use: string) =>
    noteSignerFromSeed(name, sha256(Buffer.from(`drill ${use} ${seed}`)));
  if (path === undefined) {
    const signer = keyOf(sampleOrigin, 'own');
    const lines = await sampleExport({ entries: sampleEntries, seed, signer, origin: sampleOrigin });
    return targetOf(
      lines.map((line) => parseLine(line)),
      signer,
      keyOf(sampleOrigin, 'stranger'),
    );
  }
  const bytes = await readFile(path);
  if (keys.length === 0) throw new Error('give the public key of the export with --key');
  const report = await verifyExport(once(bytes), keys);
  if (!report.isIntact) throw new Error(`the export is not intact: ${report.firstBad?.detail}`);
  const lines = bytes.toString('utf8').trimEnd().split('\n').map(parseLine);
  // The log's private key is elsewhere: the drill signs the same statements with a key of its own.
  const signer = keyOf('drill', 'own');
  return targetOf(resign(lines, keys, signer), signer, keyOf('drill', 'stranger'));
}

function targetOf(lines: ExportLine[], signer: Target['signer'], stranger: Target['signer']): Target {
  const [header] = lines;
  if (header?.line !== 'header') throw new Error('not an export');
  return { origin: header.origin, lines: lines.slice(0, -1), signer, stranger };
}

/** Draws until the attack changed something; undefined where the export has nothing to attack this way. */
function tampered(target: Target, name: string, dice: Dice, original: Buffer): Buffer | undefined {
  for (let draw = 0; draw < maxDraws; draw += 1) {
    const bytes = attacks[name]?.(target, dice);
    if (bytes !== undefined && !bytes.equals(original)) return bytes;
  }
  return undefined;
}

export interface Tally {
  attack: string;
  tried: number;
  found: number;
}

/** Tampers with the target `n` times, every attack in turn, and has `verify` look at each. */
export async function drill(
  target: Target,
  n: number,
  seed: number,
  verify: typeof verifyExport = verifyExport,
): Promise<{ tallies: Tally[]; missed: Buffer[] }> {
  const random = seededNumbers(seed);
  const dice: Dice = (below) => Math.floor(random() * below);
  const original = seal(target.lines, target.origin, target.signer);
  const options = { origin: target.origin, anchors: [lastCheckpoint(target.lines)] };
  const keys = [target.signer.publicKey];
  const untouched = await verify(once(original), keys, options);
  if (!untouched.isIntact) throw new Error(`the untouched export is refused: ${untouched.firstBad?.detail}`);
  const tallies = Object.keys(attacks).map((attack): Tally => ({ attack, tried: 0, found: 0 }));
  const usable = [...tallies];
  const missed: Buffer[] = [];
  for (let i = 0; i < n && usable.length > 0; ) {
    const tally = usable[i % usable.length] as Tally;
    const bytes = tampered(target, tally.attack, dice, original);
    if (bytes === undefined) {
      usable.splice(usable.indexOf(tally), 1);
      continue;
    }
    i += 1;
    const report = await verify(once(bytes), keys, options);
    tally.tried += 1;
    if (report.isIntact) missed.push(bytes);
    else tally.found += 1;
  }
  return { tallies, missed };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      n: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      key: { type: 'string', multiple: true, default: [] },
      keep: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const [n, seed] = [Number(values.n), Number(values.seed)];
  if (!Number.isSafeInteger(n) || n < 1 || !Number.isSafeInteger(seed))
    throw new Error('--n and --seed are integers');
  const target = await readTarget(positionals[0], values.key, seed);
  const { tallies, missed } = await drill(target, n, seed);
  if (values.keep !== undefined && missed[0] !== undefined) await writeFile(values.keep, missed[0]);
  const found = n - missed.length;
  if (values.json) {
    console.log(JSON.stringify({ n, seed, found, tallies }));
  } else {
    const source = positionals[0] ?? `a sample of ${sampleEntries} entries`;
    console.log(`tampering with ${source}, seed ${seed}`);
    for (const { attack, tried, found: ok } of tallies) {
      console.log(`${attack.padEnd(30)} ${tried === 0 ? 'nothing in it to do this to' : `${ok}/${tried}`}`);
    }
    console.log(`${found}/${n} found`);
  }
  process.exitCode = missed.length === 0 ? 0 : 1;
}

if (process.argv[1]?.replace(/\.js$/, '.ts').endsWith('tools/tampering/tamper.ts')) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}
