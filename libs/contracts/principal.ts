import { z } from 'zod';

/** Who is calling, read from a verified token. `kind: key` is a gateway key, which can never decide. */
export const Principal = z.object({
  kind: z.enum(['person', 'service', 'key']),
  /** OIDC `iss` (RFC 8414 issuer identifier). */
  issuer: z.string().max(512),
  /** OIDC `sub`. */
  subject: z.string().max(255),
  name: z.string().max(255).optional(),
  email: z.string().max(320).optional(),
  groups: z.array(z.string().max(255)).max(500),
  /** OAuth client (`azp` or `client_id`). */
  client: z.string().max(255).optional(),
  /** Whom a client calls for, where several people share its identity and it is trusted to name them. */
  person: z.string().max(255).optional(),
});
export type Principal = z.infer<typeof Principal>;

/** The five roles; groups map to them in `sallyport.yaml`. */
export const roles = ['admin', 'policy-author', 'approver', 'auditor', 'operator'] as const;
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

type Account = Pick<Principal, 'issuer' | 'subject' | 'person'>;

/** True where two principals are the same account of the same issuer; of a shared one, for the same person. */
export function samePrincipal(a: Account, b: Account): boolean {
  return a.issuer === b.issuer && a.subject === b.subject && a.person === b.person;
}

/** True where a request is this person's own: by their account, or because a shared identity named them. */
export function standsBehind(someone: Principal, requester: Account): boolean {
  if (samePrincipal(someone, requester)) return true;
  const named = requester.person?.toLowerCase();
  return (
    named !== undefined && [someone.subject, someone.email].some((name) => name?.toLowerCase() === named)
  );
}
