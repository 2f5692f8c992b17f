import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Document, isSeq, parseDocument } from 'yaml';
import { StartProblem } from '#embedded';

/** Where this start's own parts are, as far as `sallyport.yaml` has to know. */
export interface Addresses {
  readonly issuer: string;
  readonly audience: string;
  /** The embedded model, or the user's own with the models it offers. */
  readonly model: { readonly url: string; readonly own?: readonly string[] };
}

/** The connection that the shipped configuration uses for the model of a start. */
export const CONNECTION = 'demo';

export interface EffectiveConfig {
  readonly file: string;
  /** A model to ask in examples. */
  readonly model: string;
}

/**
 * The configuration with this start's addresses: the file itself where it already says the same, else a copy in the
 * state directory.
 * @throws StartProblem when the file can't be read.
 */
export async function effectiveConfig(
  file: string,
  stateDir: string,
  addresses: Addresses,
): Promise<EffectiveConfig> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new StartProblem('embedded.bad_option', `No configuration at ${file}`, 'give one with --config', {
      cause,
    });
  });
  const document = parseDocument(text);
  const changes = [setIssuer(document, addresses), setModel(document, addresses.model)];
  const model = String(document.getIn(['connections', CONNECTION, 'models', 0]) ?? 'demo');
  if (!changes.includes(true)) return { file, model };
  const copy = join(stateDir, 'sallyport.yaml');
  await writeFile(copy, document.toString());
  return { file: copy, model };
}

function setIssuer(document: Document, { issuer, audience }: Addresses): boolean {
  const path = ['identity', 'issuers', 0];
  if (!isSeq(document.getIn(['identity', 'issuers']))) return false;
  return [
    set(document, [...path, 'issuer'], issuer),
    set(document, [...path, 'audience'], audience),
  ].includes(true);
}

function setModel(document: Document, model: Addresses['model']): boolean {
  const path = ['connections', CONNECTION];
  if (!document.hasIn(path)) return false;
  const moved = set(document, [...path, 'baseUrl'], model.url);
  const [first] = model.own ?? [];
  if (first === undefined) return moved;
  document.deleteIn([...path, 'credential']);
  document.setIn([...path, 'models'], document.createNode(model.own ?? []));
  document.setIn([...path, 'aliases'], document.createNode({ 'gpt-4o-mini': first }));
  return true;
}

function set(document: Document, path: readonly (string | number)[], value: string): boolean {
  if (document.getIn(path) === value) return false;
  document.setIn(path, value);
  return true;
}
