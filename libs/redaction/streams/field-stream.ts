import type { Finding } from '../span.ts';
import type { MaskStream } from './mask-stream.ts';

/** What stands for a whole value of an entity; `text` is undefined where its operator blocks. */
export type StandIn = (entity: string, value: string) => { text: string | undefined; operator: string };

/** So much of a field's value goes into what stands for it. */
export const MAX_FIELD_CHARS = 512;

/** Masks one text entirely, whatever it holds: a field that a profile names by its path. */
export class FieldStream implements MaskStream {
  readonly findings: Finding[] = [];
  blocked = false;
  private value = '';

  constructor(
    private readonly entity: string,
    private readonly standIn: StandIn,
  ) {}

  get heldChars(): number {
    return this.value.length;
  }

  push(chunk: string): string {
    this.value += chunk.slice(0, MAX_FIELD_CHARS - this.value.length);
    return '';
  }

  end(): string {
    const { value, entity } = this;
    this.value = '';
    if (value === '') return '';
    const { text, operator } = this.standIn(entity, value);
    this.findings.push({ start: 0, end: value.length, entity, rule: 'field', score: 1, operator });
    this.blocked = text === undefined;
    return text ?? '';
  }
}
