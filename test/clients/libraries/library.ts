/** One question, as a program that uses a client library would put it. */
export interface Asked {
  /** The gateway, without `/v1`. */
  readonly gateway: string;
  readonly token: string;
  readonly text: string;
  readonly model?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client's own time limit for an answer, where its library has one. */
  readonly timeoutMs?: number;
  /** How often the library may send again by itself; its default where absent. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
}

/** A tool that the model wants called, as the library reports it. */
export interface CalledTool {
  readonly name: string;
  readonly arguments: unknown;
}

/** An existing client library, unmodified, behind the few verbs that the table needs. */
export interface Library {
  /** Package names with versions. */
  readonly name: string;
  readonly protocol: string;
  /** Its time limit ends in a re-send of its own. */
  readonly resendsAfterTimeout: boolean;
  /** How often it sends again by itself, where trying that out takes minutes. */
  readonly defaultRetries?: number;
  whole(asked: Asked): Promise<string>;
  /** Resolves with the whole text; `onPiece` hears each piece as it comes. */
  streamed(asked: Asked, onPiece?: (text: string) => void): Promise<string>;
  /** The model is offered the tool `weather`. */
  tool(asked: Asked): Promise<CalledTool>;
}

/** The tool that models are offered. */
export const weather = {
  name: 'weather',
  description: 'The weather at a place',
  schema: {
    type: 'object' as const,
    properties: { place: { type: 'string' } },
    required: ['place'],
    additionalProperties: false,
  },
};

/** What a library raised, in the same words for all of them. */
export interface Raised {
  /** The error's class. */
  readonly name: string;
  readonly status: number | undefined;
  /** The gateway's code, where the library lets its caller see it. */
  readonly code: string | undefined;
  /** Everything a program could read of it. */
  readonly text: string;
}

const code = /\b(?:policy|approval|token|request|masking|upstream|service|internal)\.[a-z_]+\b/;

/** Reads an error as a program would: its class, its status, and what it says. */
export function raisedOf(error: unknown): Raised {
  const found = innermost(error);
  const said = [found.message, found.code, found.responseBody, found.stderr].filter(
    (part) => typeof part === 'string',
  );
  const body = JSON.stringify(found.error ?? found.data ?? '');
  const text = [...said, body].join(' ');
  const status = [found.status, found.statusCode, found.status_code].find((each) => typeof each === 'number');
  return { name: nameOf(found), status: status as number | undefined, code: code.exec(text)?.[0], text };
}

type Fields = Record<string, unknown>;

function innermost(error: unknown): Fields {
  const fields = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Fields;
  return fields.lastError === undefined ? fields : innermost(fields.lastError);
}

function nameOf(fields: Fields): string {
  const own = (fields as object).constructor.name;
  return own === 'Object' || own === 'Error' ? String(fields.name ?? own) : own;
}
