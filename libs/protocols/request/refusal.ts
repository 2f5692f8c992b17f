import type { JsonFault, JsonFaultCode } from '../json/document.ts';

/** Why a request body is not read. Each is answered with 400 in the client's protocol. */
export type RefusalCode =
  | 'request.invalid_utf8'
  | 'request.invalid_json'
  | 'request.trailing_data'
  | 'request.too_deep'
  | 'request.ambiguous_key'
  | 'request.number_out_of_range'
  | 'request.lone_surrogate'
  | 'request.not_an_object'
  | 'request.invalid_field';

/** A body that is refused; `message` quotes nothing of it but the pointer. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly status: 400;
  readonly code: RefusalCode;
  readonly message: string;
  /** JSON Pointer of what is at fault. */
  readonly pointer: string;
}

const messages: Readonly<Record<RefusalCode, string>> = {
  'request.invalid_utf8': 'The body is not valid UTF-8.',
  'request.invalid_json': 'The body is not valid JSON.',
  'request.trailing_data': 'The body has data after its JSON value.',
  'request.too_deep': 'The body is nested too deeply.',
  'request.ambiguous_key': 'A member name appears twice, or in an unexpected case.',
  'request.number_out_of_range': 'A number cannot be held by a double.',
  'request.lone_surrogate': 'A string holds half of a surrogate pair.',
  'request.not_an_object': 'The body is not a JSON object.',
  'request.invalid_field': 'A field has the wrong type or is missing.',
};

const longestPointerShown = 200;

/** A refusal for the value at `pointer`. */
export function refuse(code: RefusalCode, pointer = ''): Refusal {
  const shown = pointer.slice(0, longestPointerShown).replace(/[^\x20-\x7e]/g, '?');
  const message = shown === '' ? messages[code] : `${messages[code].slice(0, -1)}, at ${shown}.`;
  return { kind: 'refusal', status: 400, code, message, pointer };
}

/** The refusal for a fault of the parser. */
export function refuseFault(fault: JsonFault): Refusal {
  const code: `request.${JsonFaultCode}` = `request.${fault.code}`;
  return refuse(code, fault.pointer);
}
