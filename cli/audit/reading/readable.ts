import {
  type FoundRoute,
  protocols,
  type RequestView,
  type Said,
  type Saying,
  saidIn,
  type ViewItem,
} from '#protocols';

/** How a session's contents are written. */
export interface Written {
  readonly protocol: string | null;
  readonly operation: string | null;
}

type Reading = Pick<FoundRoute, 'protocol' | 'route'>;

function readingOf({ protocol, operation }: Written): Reading | undefined {
  const known = protocols.find(({ name }) => name === protocol);
  const route = known?.routes.find((one) => one.operation === operation);
  return known && route && { protocol: known, route };
}

/** A prompt as messages, one after the other; undefined where it can't be read, so that it is to be shown as it is. */
export function readablePrompt(written: Written, text: string): string | undefined {
  const known = readingOf(written);
  if (known === undefined || written.protocol === 'http') return undefined;
  const reading = known.protocol.readRequest(Buffer.from(text), known.route);
  if (reading.kind === 'refusal') return undefined;
  const view = known.protocol.viewRequest(reading);
  const tools = Array.isArray(reading.body.tools) ? reading.body.tools : [];
  return [
    ...parametersOf(view),
    ...tools.map((tool) => `(tool ${JSON.stringify(tool)})`),
    ...view.turns.flatMap(({ role, items }) => {
      const lines = items.filter((item) => !isStructure(item));
      return lines.map((item) => `${named(role ?? 'prompt')}${nameOf(item)}: ${textOf(item)}`);
    }),
  ]
    .map(set)
    .join('\n');
}

function parametersOf({ parameters }: RequestView): string[] {
  return parameters.map((item) => {
    const name = named(item.pointer.slice(1));
    return item.form === 'text' && name !== 'model' ? `${name}: ${item.text}` : `(${name} ${textOf(item)})`;
  });
}

const plainTypes: ReadonlySet<string> = new Set(['text', 'input_text', 'output_text', 'message']);

/** What only says that a text is one. */
function isStructure({ name, text }: ViewItem): boolean {
  return name === 'role' || (/(?:^|\/)type$/.test(name) && plainTypes.has(text));
}

function nameOf({ name, form }: ViewItem): string {
  return form === 'text' && /^(?:content(?:\/\d+\/text)?)?$/.test(name) ? '' : ` ${named(name)}`;
}

function textOf({ text, attachment }: ViewItem): string {
  if (attachment === undefined) return text;
  const { kind, mediaType, size } = attachment;
  return `[${[kind, mediaType, size].filter((part) => part !== undefined).join(' ')}]`;
}

/** An answer as what it says, streamed or in one piece; undefined where that can't be read. */
export function readableAnswer(written: Written, text: string): string | undefined {
  const known = readingOf(written);
  if (known === undefined || written.protocol === 'http') return undefined;
  const said = wholeOf(known, text) ?? streamOf(known, text);
  return said && linesOf(said);
}

function wholeOf({ protocol, route }: Reading, text: string): Said[] | undefined {
  const whole = protocol.maskAnswer(Buffer.from(text), route, {});
  const said = whole.kind === 'masked' ? saidIn(whole.record) : [];
  return said.length > 0 ? said : undefined;
}

function streamOf({ protocol, route }: Reading, text: string): Said[] | undefined {
  const said = playFrames(protocol.openSaying(route), [text])?.flat();
  return said && said.length > 0 ? said : undefined;
}

/** What each frame of a streamed answer adds; undefined where any of it can't be read. */
export function readableFrames(written: Written, frames: readonly string[]): Said[][] | undefined {
  const known = readingOf(written);
  return known && playFrames(known.protocol.openSaying(known.route), frames);
}

function playFrames(saying: Saying | undefined, frames: readonly string[]): Said[][] | undefined {
  if (saying === undefined) return undefined;
  const said = frames.map((frame) => [...saying.push(frame)]);
  const rest = saying.end();
  if (rest === undefined) return undefined;
  said.at(-1)?.push(...rest);
  return said;
}

/** Pieces put together: a new line for each other kind of saying. */
function linesOf(pieces: readonly Said[]): string {
  const lines = new Map<string, string>();
  for (const piece of pieces) {
    const label = labelOf(piece);
    const key = `${label} ${piece.call ?? ''}`;
    lines.set(key, (lines.get(key) ?? `${label || 'says'}: `) + piece.text);
  }
  return [...lines.values()].map(set).join('\n');
}

/** Later lines of a text are set back: none of them passes for somebody else's. */
function set(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

/** A name in one line. */
function named(name: string): string {
  return name.replace(/\s+/g, ' ');
}

/** What a piece is, such as `calls search`; empty for text of the first alternative. */
export function labelOf({ choice, kind, name = '' }: Said): string {
  const alternative = choice === 0 ? '' : `alternative ${choice + 1} `;
  switch (kind) {
    case 'text':
      return alternative && `${alternative}says`;
    case 'reasoning':
      return `${alternative}thinks`;
    case 'refusal':
      return `${alternative}refuses`;
    case 'call':
      return `${alternative}calls ${named(name) || 'a tool'}`;
    case 'other':
      return `${alternative}adds ${named(name)}`;
    case 'error':
      return 'fails';
    default:
      return kind satisfies never;
  }
}
