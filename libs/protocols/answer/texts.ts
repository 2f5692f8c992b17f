import { type Mask, type Masks, placeOf } from './mask.ts';
import { openAs } from './open.ts';
import type { Channel } from './shape.ts';

interface OpenText {
  readonly channel: Channel;
  readonly mask: Mask;
}

/** The texts of one stream: a mask for each that is open, and what came out of all. */
export class Texts {
  private readonly open = new Map<string, OpenText>();
  private readonly outputs = new Map<string, string[]>();
  /** Code units that came out. */
  chars = 0;

  constructor(
    private readonly masks: Masks,
    private readonly knownKeys: ReadonlySet<string>,
  ) {}

  /** Takes the next piece of a text; returns what is decided of it, or all of it if it ends here. */
  push(channel: Channel, text: string, ends: boolean): string {
    const known = this.open.get(channel.key);
    if (known === undefined && text === '') return '';
    const { mask } = known ?? this.begin(channel);
    let output = text === '' ? '' : mask.push(text);
    if (ends) {
      output += mask.end();
      this.open.delete(channel.key);
    }
    this.note(channel, output);
    return output;
  }

  /** Ends the texts that `closes` names, but not those in `except`; returns what they still held. */
  close(
    closes: (channel: Channel) => boolean,
    except: ReadonlySet<string>,
  ): readonly { readonly channel: Channel; readonly rest: string }[] {
    const rests: { channel: Channel; rest: string }[] = [];
    for (const { channel, mask } of [...this.open.values()]) {
      if (except.has(channel.key) || !closes(channel)) continue;
      this.open.delete(channel.key);
      const rest = mask.end();
      this.note(channel, rest);
      if (rest !== '') rests.push({ channel, rest });
    }
    return rests;
  }

  get areClosed(): boolean {
    return this.open.size === 0;
  }

  /** All that came out of a text. */
  textOf(key: string): string {
    return (this.outputs.get(key) ?? []).join('');
  }

  private begin(channel: Channel): OpenText {
    const mask = openAs(channel.form, this.masks, placeOf(channel.key, this.knownKeys));
    const text = { channel, mask };
    this.open.set(channel.key, text);
    return text;
  }

  private note(channel: Channel, output: string): void {
    if (output === '') return;
    this.chars += output.length;
    const outputs = this.outputs.get(channel.key);
    if (outputs === undefined) this.outputs.set(channel.key, [output]);
    else outputs.push(output);
  }
}
