import { type Document, isScalar, type Node, visit, type YAMLParseError, type YAMLWarning } from 'yaml';
import {
  columnsAbove,
  indentOf,
  lastNode,
  lineAt,
  lineNumber,
  lineStart,
  lineWithContent,
  orList,
  startOf,
} from './yaml-places.ts';

/** What is wrong with the syntax of a file: where, and what was expected there. */
export interface YamlFault {
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
  readonly message: string;
}

/** A fault as the parser found it, with what it takes to say it in words of our own. */
interface Found {
  readonly error: YAMLParseError | YAMLWarning;
  readonly text: string;
  readonly parsed: Document.Parsed;
}

/** One kind of fault; undefined where it is another kind. */
type Explain = (found: Found) => YamlFault | undefined;

/** In this order: the first that knows the fault speaks. */
const explanations: readonly Explain[] = [
  tabIndent,
  openQuote,
  openBracket,
  strayBracket,
  repeatedKey,
  otherColumn,
  colonInText,
  valueAndEntries,
  itemAmongEntries,
  noSpaceAfterColon,
  noColon,
  noComma,
  reservedStart,
  unknownEscape,
  secondDocument,
  afterQuote,
  noSpaceBeforeComment,
];

/**
 * The faults of a parsed file. What follows a fault of syntax is mostly its echo, so one is told; keys that are set
 * twice are told each.
 */
export function yamlFaults(parsed: Document.Parsed, text: string): YamlFault[] {
  const tags = parsed.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED');
  const errors = [...parsed.errors, ...tags].sort((a, b) => a.pos[0] - b.pos[0]);
  const syntax = errors.findIndex(({ code }) => code !== 'DUPLICATE_KEY');
  const told = syntax < 0 ? errors : errors.slice(0, syntax + 1);
  return told.map((error) => explain({ error, text, parsed }));
}

/** An alias without an anchor; the parser finds it only when it is followed. */
export function unresolvedAlias(parsed: Document.Parsed): YamlFault | undefined {
  const anchors = new Set<string>();
  let fault: YamlFault | undefined;
  visit(parsed, {
    Node: (_, node) => {
      if ('anchor' in node && node.anchor !== undefined) anchors.add(node.anchor);
    },
    Alias: (_, { source, range }) => {
      if (anchors.has(source)) return;
      const message = `there is no anchor "&${source}" for "*${source}"; a text that begins with * needs quotes`;
      fault = { offset: range?.[0] ?? 0, message };
      return visit.BREAK;
    },
  });
  return fault;
}

function explain(found: Found): YamlFault {
  for (const explanation of explanations) {
    const fault = explanation(found);
    if (fault) return fault;
  }
  const [offset] = found.error.pos;
  const said = found.error.message.split('\n')[0] ?? '';
  return { offset, message: said.replace(/ at line [0-9]+, column [0-9]+:?\s*$/, '') };
}

const says = ({ error }: Found, words: string): boolean => error.message.startsWith(words);

function tabIndent({ error, text }: Found): YamlFault | undefined {
  const start = lineWithContent(text, error.pos[0]);
  const tab = /^ *\t/.exec(lineAt(text, start))?.[0];
  if (tab === undefined || !/INDENT/.test(error.code)) return undefined;
  const message = 'expected spaces before the first word; this line is indented with a tab';
  return { offset: start + tab.length - 1, message };
}

function openQuote(found: Found): YamlFault | undefined {
  const quote = /^Missing closing (["'])/.exec(found.error.message)?.[1];
  if (quote === undefined) return undefined;
  const offset = lastNode(found.parsed, (node) => isScalar(node) && found.text[startOf(node)] === quote);
  const message = `expected a closing ${quote} for the text that begins here`;
  return { offset: offset ?? found.error.pos[0], message };
}

function openBracket(found: Found): YamlFault | undefined {
  const { text, error, parsed } = found;
  const closer = /^Flow .* and end with a (.)/.exec(error.message)?.[1];
  if (closer === undefined) return undefined;
  const opener = closer === '}' ? '{' : '[';
  const [at] = error.pos;
  const offset =
    lastNode(parsed, (node) => text[startOf(node)] === opener && isOpen(node, text, closer, at)) ?? at;
  const next = lineNumber(text, at);
  const message = `expected a closing ${closer} for this ${opener} before line ${next}, or line ${next} indented deeper`;
  return { offset, message };
}

function isOpen(node: Node, text: string, closer: string, at: number): boolean {
  const end = node.range?.[1] ?? 0;
  return startOf(node) <= at && (text[end - 1] !== closer || end > at);
}

function strayBracket({ error, text }: Found): YamlFault | undefined {
  const [offset] = error.pos;
  const opener = { '}': '{', ']': '[' }[text[offset] ?? ''];
  if (error.code !== 'UNEXPECTED_TOKEN' || opener === undefined) return undefined;
  return { offset, message: `there is no ${opener} that this ${text[offset]} closes` };
}

function repeatedKey({ error, text, parsed }: Found): YamlFault | undefined {
  if (error.code !== 'DUPLICATE_KEY') return undefined;
  const [offset] = error.pos;
  let message = 'this name is set twice';
  visit(parsed, {
    Map: (_, { items }) => {
      const again = items.find(({ key }) => startOf(key) === offset)?.key;
      if (!isScalar(again)) return undefined;
      const first = items.find(({ key }) => isScalar(key) && key.value === again.value)?.key;
      message = `"${String(again.value)}" is set twice; line ${lineNumber(text, startOf(first))} has it already`;
      return visit.BREAK;
    },
  });
  return { offset, message };
}

/** A line that begins in a column in which none of the lines around it do. */
function otherColumn(found: Found): YamlFault | undefined {
  const isIt =
    found.error.code === 'BAD_INDENT' || says(found, 'Sequence item without') || says(found, 'All ');
  if (!isIt) return undefined;
  const { text } = found;
  const start = lineWithContent(text, found.error.pos[0]);
  const indent = indentOf(lineAt(text, start));
  const columns = columnsAbove(text.slice(0, start)).map((each) => each + 1);
  if (columns.includes(indent + 1)) {
    return { offset: start + indent, message: 'expected an item of a list ("- …"), as the lines above' };
  }
  const message = `expected this line to begin in column ${orList(columns)}, as the lines it belongs to; it begins in ${indent + 1}`;
  return { offset: start + indent, message };
}

function colonInText(found: Found): YamlFault | undefined {
  const [offset] = found.error.pos;
  const rest = found.text.slice(offset).split(/\r?\n/, 1)[0] ?? '';
  if (!says(found, 'Nested mappings') || !/:(\s|$)/.test(rest)) return undefined;
  return { offset, message: 'a text with ": " in it needs quotes' };
}

/** A value, and entries below it. */
function valueAndEntries(found: Found): YamlFault | undefined {
  const { text, error } = found;
  if (!says(found, 'Nested mappings')) return undefined;
  const name = lineAt(text, error.pos[0]).trim().split(/:\s/, 1)[0] ?? '';
  const next = lineNumber(text, error.pos[0]) + 1;
  const message = `"${name.replace(/^- +/, '')}" has a value and entries below it; expected one of them (line ${next} is indented deeper)`;
  return { offset: error.pos[0], message };
}

function itemAmongEntries(found: Found): YamlFault | undefined {
  if (!says(found, 'A block sequence may not')) return undefined;
  const { text, error } = found;
  const above = text.slice(0, lineStart(text, error.pos[0])).trimEnd().split('\n').pop();
  const message = /^\s*-\S/.test(above ?? '')
    ? `expected a space after the dash in line ${lineNumber(text, error.pos[0]) - 1}`
    : 'expected "name: value" as in the lines above; an item of a list ("- …") can not stand among them';
  return { offset: error.pos[0], message };
}

function noSpaceAfterColon(found: Found): YamlFault | undefined {
  const line = lineAt(found.text, found.error.pos[0]);
  const glued = /^\s*(?:- +)?[\w-]+:(?=[^\s/])/.exec(line);
  if (!glued || !isKeyFault(found)) return undefined;
  const offset = lineStart(found.text, found.error.pos[0]) + glued[0].length;
  return { offset, message: 'expected a space after the colon' };
}

function noColon(found: Found): YamlFault | undefined {
  if (!isKeyFault(found) || /:(\s|$)/.test(lineAt(found.text, found.error.pos[0]))) return undefined;
  return { offset: found.error.pos[0], message: 'expected a name with ": " and a value after it' };
}

const isKeyFault = (found: Found): boolean =>
  says(found, 'Implicit keys need') || says(found, 'Implicit map keys need');

function noComma(found: Found): YamlFault | undefined {
  if (found.error.code !== 'BLOCK_IN_FLOW' && !says(found, 'Implicit keys need')) return undefined;
  return { offset: found.error.pos[0], message: 'expected a comma between the entries within { } or [ ]' };
}

function reservedStart({ error, text }: Found): YamlFault | undefined {
  const [at] = error.pos;
  if (!['BAD_SCALAR_START', 'BAD_ALIAS', 'TAG_RESOLVE_FAILED'].includes(error.code)) return undefined;
  const offset = '*!'.includes(text[at - 1] ?? ' ') ? at - 1 : at;
  return { offset, message: `a text that begins with ${text[offset]} needs quotes` };
}

function unknownEscape({ error, text }: Found): YamlFault | undefined {
  if (error.code !== 'BAD_DQ_ESCAPE') return undefined;
  const [offset] = error.pos;
  const written = text.slice(offset, offset + 2);
  return { offset, message: `${written} means nothing within "…"; write \\\\ for a backslash, or use '…'` };
}

function secondDocument({ error }: Found): YamlFault | undefined {
  if (error.code !== 'MULTIPLE_DOCS') return undefined;
  return { offset: error.pos[0], message: 'expected one document in a file; "---" begins another' };
}

function afterQuote(found: Found): YamlFault | undefined {
  if (!says(found, 'Unexpected scalar at node end')) return undefined;
  const [offset] = found.error.pos;
  const quote = found.text.slice(0, offset).trimEnd().slice(-1);
  const within = quote === "'" ? `'' for a ' within '…'` : `\\" for a " within "…"`;
  return { offset, message: `expected nothing more after the closing ${quote}; write ${within}` };
}

function noSpaceBeforeComment(found: Found): YamlFault | undefined {
  if (!says(found, 'Comments must be separated')) return undefined;
  return { offset: found.error.pos[0], message: 'expected a space before #' };
}
