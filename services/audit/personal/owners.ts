import type { FoundPart } from '#ledger';
import type { SubjectNames } from '#sealing';

const maxRemembered = 20_000;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => value !== null && typeof value === 'object';

/** Says whose a personal value of an event is: the person it names, else the person the event is about. */
export class Owners {
  private readonly known = new Map<string, string>();

  constructor(private readonly names: SubjectNames) {}

  /** The name of a person's data key. */
  of(person: { issuer: string; subject: string }): string {
    const id = `${person.issuer}\n${person.subject}`;
    const known = this.known.get(id);
    if (known !== undefined) return known;
    if (this.known.size >= maxRemembered) this.known.clear();
    const name = this.names.of(person);
    this.known.set(id, name);
    return name;
  }

  /** The name under which a group stands in the index: keyed, so that names of groups can't be tried on the database. */
  ofGroup(group: string): string {
    return this.of({ issuer: 'group', subject: group });
  }

  /** The owner of a part of a head; empty where it is nobody's that is known. */
  ofPart(head: Json, part: FoundPart): string {
    const person = part.person ?? personOf(head);
    if (person !== null) return this.of(person);
    const context = isObject(head.context) ? head.context : {};
    const about = head.subjectKey ?? context.subjectKey;
    return typeof about === 'string' ? about : '';
  }
}

function personOf(value: unknown): { issuer: string; subject: string } | null {
  if (!isObject(value)) return null;
  const { issuer, subject } = value;
  return typeof issuer === 'string' && typeof subject === 'string' ? { issuer, subject } : null;
}
