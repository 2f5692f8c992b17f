import { createHash } from 'node:crypto';
import {
  addressPointer,
  type ContentItem,
  type ContentPart,
  type Gate,
  type RuleMatch,
  type TextSegment,
} from '#contracts';
import { type AnswerRecord, type Protocol, protocols, type ViewItem } from '#protocols';
import { viewChange } from './change-view.ts';
import { type Mask, matchesInMasked } from './masked.ts';
import { segmentsOf } from './segments.ts';

/** What is needed to read content as people should see it. */
export interface Viewing {
  gate: Gate;
  protocol: string;
  operation: string;
  stream: boolean;
  matches: readonly RuleMatch[];
  /** Index of the first turn that nobody approved yet. */
  newSinceTurn: number;
  /** What the caller wrote into the address of the request; empty where nothing. */
  address: string;
  /** Masks each text; what stands for a value is marked where the value was. */
  mask?: Mask | undefined;
}

type Route = Protocol['routes'][number];

/** The protocol and route of a request, by name and operation. */
export function routeOf(
  viewing: Pick<Viewing, 'protocol' | 'operation'>,
): { protocol: Protocol; route: Route } | undefined {
  const protocol = protocols.find(({ name }) => name === viewing.protocol);
  const route = protocol?.routes.find(({ operation }) => operation === viewing.operation);
  return protocol && route ? { protocol, route } : undefined;
}

/** Everything in the content, as people read it: what is new in the conversation first, nothing left out. */
export function viewContent(bytes: Uint8Array, viewing: Viewing): ContentPart[] {
  const found = routeOf(viewing);
  if (viewing.gate === 'prompt' && found)
    return [...(viewRequest(bytes, viewing, found) ?? viewRaw(bytes, viewing)), ...viewAddress(viewing)];
  if (viewing.gate === 'response' && found) return viewAnswer(bytes, viewing, found);
  return (viewing.gate === 'change' ? viewChange(bytes) : undefined) ?? viewRaw(bytes, viewing);
}

function viewRequest(
  bytes: Uint8Array,
  viewing: Viewing,
  { protocol, route }: { protocol: Protocol; route: Route },
): ContentPart[] | undefined {
  const reading = protocol.readRequest(bytes, route);
  if (reading.kind === 'refusal') return undefined;
  const { turns, tools, parameters } = protocol.viewRequest(reading);
  const isNew = (index: number): boolean => index >= viewing.newSinceTurn;
  const show = (items: readonly ViewItem[]): ContentItem[] => items.map((item) => showItem(item, viewing));
  const parts = turns.map(
    ({ index, role, items }): ContentPart => ({
      ...{ kind: 'turn', index, isNew: isNew(index), items: show(items) },
      ...(role !== undefined && { role }),
    }),
  );
  const rest: ContentPart[] = tools.map(({ index, items }) => ({
    ...{ kind: 'tool', index, isNew: isNew(0), items: show(items) },
  }));
  if (parameters.length > 0) {
    rest.push({ kind: 'parameters', index: 0, isNew: isNew(0), items: show(parameters) });
  }
  return [...parts.filter((part) => part.isNew), ...parts.filter((part) => !part.isNew), ...rest];
}

function viewAddress(viewing: Viewing): ContentPart[] {
  const { address: text } = viewing;
  if (text === '') return [];
  const item = showItem({ pointer: addressPointer, name: 'address', form: 'text', text }, viewing);
  return [{ kind: 'address', index: 0, isNew: viewing.newSinceTurn === 0, items: [item] }];
}

function showItem(item: ViewItem, { matches, mask }: Viewing): ContentItem {
  const { pointer, name, form, text, attachment } = item;
  const found = matches.filter((match) => match.pointer === pointer);
  if (!attachment) return { pointer, name, form, segments: maskedSegments(text, found, mask) };
  const { kind, mediaType, size } = attachment;
  return {
    ...{ pointer, name, form, segments: segmentsOf(text, []) },
    attachment: {
      ...{ kind, digest: createHash('sha256').update(text).digest('hex') },
      ...(mediaType !== undefined && { mediaType }),
      ...(size !== undefined && { size }),
    },
  };
}

function maskedSegments(text: string, found: readonly RuleMatch[], mask: Mask | undefined): TextSegment[] {
  if (!mask) return segmentsOf(text, found);
  const masked = mask(text);
  return segmentsOf(masked.text, matchesInMasked(found, masked));
}

function viewAnswer(
  bytes: Uint8Array,
  viewing: Viewing,
  { protocol, route }: { protocol: Protocol; route: Route },
): ContentPart[] {
  const raw = viewRaw(bytes, viewing);
  const record = viewing.stream
    ? streamedRecord(bytes, protocol, route)
    : wholeRecord(protocol.maskAnswer(bytes, route, {}));
  if (!record) return raw;
  const parts = record.choices.map(
    (choice): ContentPart => ({
      ...{ kind: 'answer', index: choice.index, isNew: true },
      items: [
        textItem(viewing, 'text', choice.text),
        textItem(viewing, 'reasoning', choice.reasoning),
        textItem(viewing, 'refusal', choice.refusal),
        ...choice.toolCalls.map((call, index) =>
          textItem(viewing, `tool call ${index + 1}: ${call.name ?? ''}`, call.arguments),
        ),
        ...Object.entries(choice.other).map(([place, text]) => textItem(viewing, place, text)),
      ].filter(({ segments }) => segments.length > 0),
    }),
  );
  return [...parts, ...raw];
}

function wholeRecord(answer: ReturnType<Protocol['maskAnswer']>): AnswerRecord | undefined {
  return answer.kind === 'masked' ? answer.record : undefined;
}

function streamedRecord(bytes: Uint8Array, protocol: Protocol, route: Route): AnswerRecord {
  const stream = protocol.openAnswerStream(route, {});
  stream.push(bytes);
  return stream.end().record;
}

function textItem({ mask }: Viewing, name: string, text: string): ContentItem {
  return { pointer: '', name, form: 'text', segments: maskedSegments(text, [], mask) };
}

function viewRaw(bytes: Uint8Array, viewing: Viewing): ContentPart[] {
  const text = Buffer.from(bytes).toString('utf8');
  return [{ kind: 'raw', index: 0, isNew: true, items: [textItem(viewing, 'content', text)] }];
}
