import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument as parseYaml } from 'yaml';
import { unresolvedAlias, yamlFaults } from './yaml-faults.ts';

/** A file of the configuration. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/** Where something stands: 1-based line and column. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type DocumentPath = readonly (string | number)[];

const largestFileUnits = 4 * 1024 * 1024;
const aliasLimit = 100;

/** A parsed file: its plain value, and where each part of it stands. */
export class SourceTree {
  readonly value: unknown;
  readonly faults: readonly { readonly position: SourcePosition; readonly message: string }[];
  readonly #lines = new LineCounter();
  readonly #root: unknown;
  readonly #file: string;

  constructor({ name, text }: SourceFile) {
    this.#file = name;
    if (text.length > largestFileUnits) {
      this.faults = [
        { position: { file: name, line: 1, column: 1 }, message: 'expected a file of at most 4 MiB' },
      ];
      return;
    }
    const parsed = parseYaml(text, { lineCounter: this.#lines, uniqueKeys: true, stringKeys: true });
    this.#root = parsed.contents;
    const faults = yamlFaults(parsed, text);
    const alias = faults.length === 0 ? unresolvedAlias(parsed) : undefined;
    if (alias) faults.push(alias);
    this.faults = faults.map(({ offset, message }) => ({ position: this.#at(offset), message }));
    if (faults.length > 0) return;
    try {
      this.value = parsed.toJS({ maxAliasCount: aliasLimit });
    } catch (error) {
      this.faults = [
        { position: this.#at(0), message: error instanceof Error ? error.message : 'not readable' },
      ];
    }
  }

  /** The position of a part, or of the nearest part around it that is there. With `key`, that of its name. */
  position(path: DocumentPath, key?: string): SourcePosition {
    let node = this.#root;
    let offset = rangeStart(node) ?? 0;
    for (const step of path) {
      const next = child(node, step);
      if (next === undefined) break;
      offset = next.offset;
      node = next.node;
    }
    if (key !== undefined) offset = child(node, key)?.keyOffset ?? offset;
    return this.#at(offset);
  }

  #at(offset: number): SourcePosition {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function child(node: unknown, step: string | number) {
  if (isMap(node)) {
    const pair = (node.items as Pair[]).find(
      ({ key }) => isScalar(key) && String(key.value) === String(step),
    );
    if (pair === undefined) return undefined;
    const keyOffset = rangeStart(pair.key) ?? 0;
    return { node: pair.value, offset: rangeStart(pair.value) ?? keyOffset, keyOffset };
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    const offset = rangeStart(item) ?? 0;
    return item === undefined ? undefined : { node: item, offset, keyOffset: offset };
  }
  return undefined;
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
