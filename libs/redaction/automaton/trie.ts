import { charSet, foldCase } from './char-set.ts';
import type { Pattern } from './parse-pattern.ts';

interface TrieNode {
  readonly next: Map<number, TrieNode>;
  ends: boolean;
}

/** Many literals as one pattern that shares their beginnings. */
export function trieOf(words: readonly string[], ignoreCase: boolean): Pattern {
  const root: TrieNode = { next: new Map(), ends: false };
  for (const word of words) {
    let node = root;
    const text = ignoreCase ? word.toLowerCase() : word;
    for (let k = 0; k < text.length; k++) node = childOf(node, text.charCodeAt(k));
    node.ends = true;
  }
  return patternOf(root, ignoreCase);
}

function childOf(node: TrieNode, unit: number): TrieNode {
  let child = node.next.get(unit);
  if (!child) {
    child = { next: new Map(), ends: false };
    node.next.set(unit, child);
  }
  return child;
}

function patternOf(node: TrieNode, ignoreCase: boolean): Pattern {
  const branches = [...node.next].map(([unit, child]): Pattern => {
    const set = charSet(unit);
    const head: Pattern = { kind: 'set', set: ignoreCase ? foldCase(set) : set };
    return child.next.size === 0 ? head : { kind: 'cat', items: [head, patternOf(child, ignoreCase)] };
  });
  const rest: Pattern = branches.length === 1 ? branches[0]! : { kind: 'alt', items: branches };
  return node.ends ? { kind: 'repeat', item: rest, min: 0, max: 1 } : rest;
}
