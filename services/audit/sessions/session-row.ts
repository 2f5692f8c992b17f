/** What is known of one request so far: one row of `session`. */
export interface SessionRow {
  id: string;
  subject_key: string | null;
  /** The entries that are about it. */
  indexes: number[];
  received_at: number | null;
  completed_at: number | null;
  outcome: string | null;
  status: number | null;
  code: string | null;
  connection: string | null;
  model: string | null;
  operation: string | null;
  rules: string[];
  revision: string | null;
  conversation: string | null;
  client: string | null;
  held: boolean;
  edited: boolean;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  facets: string[];
}

/** A row about which nothing is known but its id. */
export function emptySession(id: string): SessionRow {
  return {
    id,
    subject_key: null,
    indexes: [],
    received_at: null,
    completed_at: null,
    outcome: null,
    status: null,
    code: null,
    connection: null,
    model: null,
    operation: null,
    rules: [],
    revision: null,
    conversation: null,
    client: null,
    held: false,
    edited: false,
    prompt_tokens: null,
    completion_tokens: null,
    facets: [],
  };
}

/** A request id as the UUID it is made of. */
export function uuidOf(requestId: string): string {
  return requestId.slice('req-'.length);
}

/** The request id of a UUID. */
export function requestIdOfUuid(uuid: string): string {
  return `req-${uuid.replaceAll('-', '')}`;
}
