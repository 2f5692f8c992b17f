import { type DocumentPath, type SourceFile, type SourcePosition, SourceTree } from './source-map.ts';

/** Several files read as one document, which still knows where each part came from. */
export interface MergedSources {
  readonly value: unknown;
  readonly faults: readonly {
    readonly position: SourcePosition;
    readonly path: DocumentPath;
    readonly message: string;
  }[];
  position(path: DocumentPath, key?: string): SourcePosition;
}

type Origin = { readonly tree: SourceTree; readonly path: DocumentPath };

/**
 * Merges files in name order: sections are joined, lists appended. The same entry in two files is a fault, so that
 * the order never decides what holds.
 */
export function mergeSources(files: readonly SourceFile[]): MergedSources {
  const ordered = [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const trees = ordered.map((file) => new SourceTree(file));
  const first = trees[0] ?? new SourceTree({ name: 'sallyport.yaml', text: '' });
  const faults: MergedSources['faults'][number][] = trees.flatMap((tree) =>
    tree.faults.map(({ position, message }) => ({ position, path: [], message })),
  );
  if (trees.length <= 1) {
    return { value: first.value, faults, position: (path, key) => first.position(path, key) };
  }
  const origins = new Map<string, Origin>();
  const merge = (
    into: Record<string, unknown>,
    from: Record<string, unknown>,
    tree: SourceTree,
    path: DocumentPath,
  ) => {
    for (const [key, value] of Object.entries(from)) {
      const here = [...path, key];
      const present = Object.hasOwn(into, key) ? into[key] : undefined;
      if (Array.isArray(present) && Array.isArray(value)) {
        for (const item of value) {
          origins.set(JSON.stringify([...here, present.length]), {
            tree,
            path: [...here, value.indexOf(item)],
          });
          present.push(item);
        }
      } else if (isSection(present) && isSection(value)) merge(present, value, tree, here);
      else if (present === undefined) into[key] = adopt(value, tree, here, origins);
      else if (!(key === 'version' && path.length === 0 && present === value)) {
        faults.push({ position: tree.position(path, key), path: here, message: 'set in two files' });
      }
    }
  };
  const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const tree of trees) if (isSection(tree.value)) merge(value, tree.value, tree, []);
  const position = (path: DocumentPath, key?: string) => {
    for (let length = path.length; length > 0; length--) {
      const origin = origins.get(JSON.stringify(path.slice(0, length)));
      if (origin !== undefined) return origin.tree.position([...origin.path, ...path.slice(length)], key);
    }
    const owner = trees.find(
      (tree) => key !== undefined && path.length === 0 && isSection(tree.value) && key in tree.value,
    );
    return (owner ?? first).position(path, key);
  };
  return { value: { ...value }, faults, position };
}

/** Copies a value into the merged document, remembering where it and its direct entries came from. */
function adopt(value: unknown, tree: SourceTree, path: DocumentPath, origins: Map<string, Origin>): unknown {
  origins.set(JSON.stringify(path), { tree, path });
  if (Array.isArray(value)) {
    return value.map((item, i) => {
      origins.set(JSON.stringify([...path, i]), { tree, path: [...path, i] });
      return item;
    });
  }
  if (!isSection(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, adopt(item, tree, [...path, key], origins)]),
  );
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
