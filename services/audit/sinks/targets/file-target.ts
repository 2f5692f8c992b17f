import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Piece, pieceName, type SinkTarget } from '../sink.ts';

/** Keeps pieces as files in one directory; a file is there whole or not at all. */
export class FileTarget implements SinkTarget {
  constructor(
    private readonly directory: string,
    private readonly keep: number | undefined,
  ) {}

  async deliver(piece: Piece, signal: AbortSignal): Promise<number> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const target = path.join(this.directory, pieceName(piece));
    const unfinished = `${target}.part`;
    await pipeline(
      Readable.from(piece.lines()),
      createGzip(),
      createWriteStream(unfinished, { mode: 0o600, flush: true }),
      { signal },
    );
    await rename(unfinished, target);
    await syncDirectory(this.directory);
    await this.rotate();
    return 0;
  }

  private async rotate(): Promise<void> {
    if (this.keep === undefined) return;
    const names = (await readdir(this.directory)).filter((name) => name.endsWith('.ndjson.gz')).sort();
    for (const name of names.slice(0, -this.keep)) await rm(path.join(this.directory, name));
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
