import { type Masks, placeOf } from './mask.ts';
import { maskAs, maskField } from './open.ts';

const longestRemembered = 128;
const mostRemembered = 256;

/** Masks complete strings. Short ones repeat in every event of a stream, so their result is kept. */
export class Strings {
  private readonly remembered = new Map<string, string>();

  constructor(
    private readonly masks: Masks,
    private readonly knownKeys: ReadonlySet<string>,
    private readonly hasFields = false,
  ) {}

  readonly mask = (text: string, pointer = ''): string => {
    if (text === '' || this.masks.openMask === undefined) return text;
    const field = this.hasFields ? maskField(this.masks, pointer, text) : undefined;
    if (field !== undefined) return field;
    const known = this.remembered.get(text);
    if (known !== undefined) return known;
    const masked = maskAs('text', this.masks, placeOf(pointer, this.knownKeys), text);
    if (text.length <= longestRemembered) {
      if (this.remembered.size >= mostRemembered) this.remembered.clear();
      this.remembered.set(text, masked);
    }
    return masked;
  };

  /** Masks JSON text, or the source of a JSON value, so that it stays JSON. */
  maskJson(text: string, pointer: string): string {
    return maskAs('json', this.masks, placeOf(pointer, this.knownKeys), text);
  }
}
