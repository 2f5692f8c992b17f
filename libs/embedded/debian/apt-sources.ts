/** One package mirror as this machine's own apt configuration names it. */
export interface AptSource {
  readonly distribution: 'debian' | 'ubuntu';
  readonly uri: string;
  readonly suite: string;
  readonly signedBy?: string;
}

/**
 * The distribution's main mirror in the text of apt's source files, in the one-line format or deb822
 * (sources.list(5)). Third-party archives, security and updates suites are passed over.
 */
export function parseAptSources(
  text: string,
  distribution: AptSource['distribution'],
): AptSource | undefined {
  const wanted = distribution === 'ubuntu' ? 'universe' : 'main';
  const entries = [...oneLineEntries(text), ...deb822Entries(text)];
  const usable = entries.filter(
    (entry) =>
      /^[a-z]+$/.test(entry.suite) && entry.components.some((name) => name === wanted || name === 'main'),
  );
  const entry = usable.find(({ uri }) => uri.includes(distribution)) ?? usable[0];
  if (entry === undefined) return undefined;
  const { uri, suite, signedBy } = entry;
  return { distribution, uri, suite, ...(signedBy === undefined ? {} : { signedBy }) };
}

interface Entry {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly signedBy?: string;
}

function* oneLineEntries(text: string): Generator<Entry> {
  for (const line of text.split('\n')) {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line.trim());
    if (match === null) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1];
    yield { uri, suite, components: components.split(/\s+/), ...(signedBy ? { signedBy } : {}) };
  }
}

function* deb822Entries(text: string): Generator<Entry> {
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string) =>
      new RegExp(`^${name}:[ \\t]*(.+)$`, 'mi').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') continue;
    const [uri] = field('URIs');
    const [signedBy] = field('Signed-By');
    const path = signedBy?.startsWith('/') ? { signedBy } : {};
    for (const suite of field('Suites')) {
      if (uri !== undefined) yield { uri, suite, components: field('Components'), ...path };
    }
  }
}

/** Suites that may hold a newer nats-server, newest first; ends with the machine's own. */
export function newerSuites(distribution: AptSource['distribution'], own: string): string[] {
  const newer = distribution === 'ubuntu' ? ['devel'] : ['testing', 'stable'];
  return [...new Set([...newer, own])];
}
