import { parse } from 'yaml';
import { findRoute } from '#protocols';
import { addressText, caseInput, type EvaluationInput, PolicyCase } from '#rules';

/** Who sends the request that is explained, and where to. */
export interface RequestFlags {
  readonly user: string;
  readonly group: readonly string[];
  readonly client?: string;
  readonly path: string;
  readonly at?: string;
}

/**
 * The input that a file describes: a case with `given:`, or a request body read as the gateway reads it. Gives a
 * sentence where it is neither.
 */
export function inputFromFile(text: string, flags: RequestFlags, now: number): EvaluationInput | string {
  const one = readCase(text);
  if (one !== undefined) return typeof one === 'string' ? one : caseInput(one);
  const at = flags.at === undefined ? now : Date.parse(flags.at);
  if (Number.isNaN(at)) return `--at ${flags.at}: expected a time such as 2026-01-31T12:00:00Z`;
  const found = findRoute('POST', flags.path.split('?')[0]!);
  if (found === undefined) return `--path ${flags.path}: no client protocol has this path`;
  const reading = found.protocol.readRequest(Buffer.from(text), found.route);
  if (reading.kind === 'refusal') return `the body is refused (${reading.code}): ${reading.message}`;
  const below =
    found.connection === undefined ? flags.path : flags.path.slice(`/c/${found.connection}`.length);
  const address = addressText(found.route.protocol, below);
  // Only a running gateway knows its earlier answers.
  const { previousResponse, conversation } = reading.continuation;
  const continued = [
    ...(previousResponse === undefined ? [] : ['/previous_response_id']),
    ...(conversation === undefined ? [] : ['/conversation']),
  ].map((pointer) => ({ pointer, kind: 'earlier_answer' }));
  return {
    principal: {
      kind: 'person',
      issuer: 'urn:sallyport:explain',
      subject: flags.user,
      groups: [...flags.group],
    },
    client: flags.client,
    connection: found.connection,
    protocol: found.route.protocol,
    model: reading.model ?? null,
    operation: found.route.operation,
    texts: [...(address === undefined ? [] : [address]), ...reading.strings],
    unreadable: [...reading.unreadable, ...continued],
    remoteUrls: reading.remoteUrls,
    now: at,
  };
}

function readCase(text: string): PolicyCase | string | undefined {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('given' in value)) return undefined;
  const parsed = PolicyCase.safeParse({ name: 'explained', want: { effect: 'allow' }, ...value });
  return parsed.success ? parsed.data : `not a case: ${parsed.error.issues[0]?.message ?? ''}`;
}
