/** One thing that happened during a start, for the terminal or as a JSON line. */
export type StartEvent =
  | { readonly event: 'note'; readonly text: string }
  | { readonly event: 'starting'; readonly part: string }
  | { readonly event: 'ready'; readonly part: string; readonly seconds: number }
  | { readonly event: 'stopped'; readonly part: string; readonly text: string }
  | { readonly event: 'screen'; readonly text: string; readonly urls: Readonly<Record<string, string>> };

export interface Progress {
  tell(event: StartEvent): void;
  /** Runs a part's start and tells when it is ready. */
  timed<T>(part: string, work: () => Promise<T>): Promise<T>;
}

/** Shows a start on a stream of text. */
export function progressOn(write: (text: string) => void, asJson: boolean): Progress {
  const tell = (event: StartEvent) => {
    const text = asJson ? JSON.stringify(event) : lineOf(event);
    if (text !== undefined) write(`${text}\n`);
  };
  return {
    tell,
    timed: async (part, work) => {
      tell({ event: 'starting', part });
      const began = performance.now();
      const result = await work();
      tell({ event: 'ready', part, seconds: Math.round((performance.now() - began) / 100) / 10 });
      return result;
    },
  };
}

function lineOf(event: StartEvent): string | undefined {
  switch (event.event) {
    case 'note':
    case 'screen':
      return event.text;
    case 'starting':
      return undefined;
    case 'ready':
      return `  ${event.part.padEnd(18)} ready in ${event.seconds.toFixed(1)} s`;
    case 'stopped':
      return `  ${event.part} stopped: ${event.text}`;
    default:
      return event satisfies never;
  }
}
