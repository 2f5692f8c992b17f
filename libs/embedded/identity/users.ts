/** A person or program that the embedded identity provider knows. */
export interface SeededUser {
  readonly name: string;
  readonly displayName: string;
  readonly email: string;
  readonly groups: readonly string[];
}

/** The people of the examples. Their passwords are generated at the first start. */
export const SEEDED_USERS: readonly SeededUser[] = [
  { name: 'alice', displayName: 'Alice Adler', email: 'alice@example.test', groups: ['security'] },
  { name: 'bob', displayName: 'Bob Brandt', email: 'bob@example.test', groups: ['security'] },
  { name: 'carol', displayName: 'Carol Costa', email: 'carol@example.test', groups: ['contractors'] },
  { name: 'dave', displayName: 'Dave Dahl', email: 'dave@example.test', groups: ['platform'] },
  { name: 'erin', displayName: 'Erin Ek', email: 'erin@example.test', groups: ['admin'] },
];

/** Programs that log in with client credentials; their secrets are generated at the first start. */
export const SERVICE_ACCOUNTS: readonly { readonly name: string; readonly groups: readonly string[] }[] = [
  { name: 'ci-agent', groups: ['platform'] },
];

export function findUser(name: string): SeededUser | undefined {
  return SEEDED_USERS.find((user) => user.name === name);
}
