import type { Principal, RequestContext } from '#contracts';

/** No token has this issuer: nobody logs in as somebody who was erased. */
export const erasedIssuer = 'urn:sallyport:erased';

/** What stays of an erased person: the name of their data key, which is in the ledger as well. In no group. */
export function standInOf(subjectKey: string, kind: Principal['kind']): Principal {
  return { kind, issuer: erasedIssuer, subject: subjectKey, name: 'erased', groups: [] };
}

const noFingerprint = '0'.repeat(64);

/** A request's context without what says who asked, from where, or what they wrote into its address. */
export function withoutPerson(context: RequestContext, subjectKey: string): RequestContext {
  const { client, path, protocol, principal, claims, conversation, ...rest } = context;
  return {
    ...rest,
    protocol,
    principal: standInOf(subjectKey, principal.kind),
    client: { family: client.family },
    // For a server with a protocol of its own the caller writes the path as well.
    path: protocol === 'http' ? '/' : (path.split('?')[0] ?? '/'),
    headers: {},
    fingerprint: noFingerprint,
  };
}

/** What a conversation is called where the client may have named it. */
export const erasedConversation = 'erased';
