import type { ErrorCode } from '#contracts';

/** What a code means to whoever gets it, and what they can do: the text of docs/errors.md. */
interface Advice {
  means: string;
  do: string;
}

/** One entry for every code there is; the compiler asks for what is missing. */
export const errorAdvice: Record<ErrorCode, Advice> = {
  'request.invalid_json': { means: 'the body is no JSON', do: 'correct it' },
  'request.invalid_utf8': { means: 'the body is no UTF-8', do: 'correct it' },
  'request.ambiguous_key': {
    means: 'an object has the same key twice, which readers take differently',
    do: 'send each key once',
  },
  'request.number_out_of_range': { means: 'a number that no double can hold', do: 'send it as a string' },
  'request.too_deep': { means: 'the body is nested too deeply', do: 'flatten it' },
  'request.invalid': { means: 'a field is missing or wrong; the text names it', do: 'correct it' },
  'request.remote_url': {
    means: 'the request names a URL for the model to fetch, on a host that isn’t allowed',
    do: 'send the content itself, or have `remoteUrlHosts` of the connection list the host',
  },
  'request.timeout': {
    means: 'the request took longer than `ingress.maxReceive` to arrive',
    do: 'send it faster, or raise the limit',
  },
  'request.too_large': { means: 'the body is over the limit that the text names', do: 'send less' },
  'request.not_found': {
    means: 'no such request, or none for you to see; nothing recorded yet',
    do: 'check the id, and as whom you ask',
  },
  'request.already_completed': { means: 'it has ended', do: 'nothing: it can’t be changed any more' },
  'request.unsupported_media_type': {
    means: 'the body isn’t JSON, or is compressed',
    do: 'send `Content-Type: application/json`, and no `Content-Encoding`',
  },
  'request.idempotency_mismatch': {
    means: 'the `Idempotency-Key` was used with another body',
    do: 'use a new key for a new request',
  },
  'request.too_many': { means: 'a rate limit, or too many at once', do: 'wait for `Retry-After`' },
  'route.not_found': { means: 'there is no such operation', do: 'check path and method' },
  'token.missing': { means: 'no access token came', do: 'send `Authorization: Bearer …`' },
  'token.invalid': {
    means: 'the token isn’t from a listed issuer, isn’t for this audience, or its signature is wrong',
    do: 'compare its `iss` and `aud` with `identity` in `sallyport.yaml`',
  },
  'token.expired': { means: 'the token or gateway key is over', do: 'get a new one' },
  'token.expired_while_pending': {
    means: 'the token ran out while people decide; the request still waits',
    do: 'send the same again with a new token: it attaches to the same request',
  },
  'key.disabled': { means: 'gateway keys are off', do: 'set `gatewayKeys.enabled`' },
  'key.not_found': { means: 'there is no such gateway key', do: '`sallyport keys list`' },
  'key.life_too_long': { means: 'longer than `gatewayKeys.maxLife`', do: 'ask for less' },
  'key.connection': {
    means: 'the gateway key wasn’t made for this connection',
    do: 'make one with `--connections`',
  },
  'access.forbidden': {
    means: 'your roles don’t allow this; the text names those that do',
    do: '`sallyport whoami`; roles come from groups in `sallyport.yaml`',
  },
  'policy.denied': {
    means: 'a rule denies it, or none allows it; the text says why',
    do: '`sallyport policy explain` shows what each rule makes of a request',
  },
  'policy.model_not_listed': {
    means: 'no connection lists the model',
    do: '`GET /v1/models` lists them; add it to `models` or `aliases` of a connection',
  },
  'policy.connection_disabled': { means: 'the connection is `enabled: false`', do: 'ask its operator' },
  'policy.frozen': {
    means: 'the person, group, connection or everything is frozen',
    do: '`sallyport frozen` lists what is; another person than who froze it lets it go with `unfreeze`',
  },
  'policy.unavailable': {
    means: 'no policy is in force yet',
    do: 'try again in a moment; see policy’s log if it stays',
  },
  'approval.pending': {
    means: 'people still decide; `status_url` says where to look',
    do: 'send the same again: it attaches to the same request',
  },
  'approval.rejected': { means: 'people refused it; the text has their reason', do: 'change the request' },
  'approval.expired': {
    means: 'nobody decided in time, or the approval wasn’t used in time',
    do: 'ask again, and tell the approvers',
  },
  'approval.cancelled': { means: 'the requester took it back, or the policy changed', do: 'ask again' },
  'approval.not_found': {
    means: 'no such approval request, or none for you to see',
    do: 'check the id, and your groups',
  },
  'approval.already_decided': { means: 'others were faster', do: 'look at it again' },
  'approval.outdated': {
    means: 'it was changed since you looked',
    do: 'look at it again, then vote on what it is now',
  },
  'approval.rechecking': { means: 'an edit is being judged by policy', do: 'try again in a moment' },
  'approval.editor_excluded': {
    means: 'the rule wants another approver than the author of the edit',
    do: 'have somebody else approve',
  },
  'approval.requester_excluded': {
    means: 'it is your own request',
    do: 'have somebody else decide',
  },
  'approval.not_in_group': {
    means: 'the rule asks other groups than yours',
    do: 'the text names them',
  },
  'approval.reason_required': { means: 'this needs a reason', do: 'give one with `--reason`' },
  'approval.people_only': {
    means: 'service accounts and gateway keys never decide',
    do: 'decide as a person',
  },
  'approval.reviewer_excluded': {
    means: 'you broke the glass or asked for it, so others review it',
    do: 'have somebody else review',
  },
  'approval.not_decided': { means: 'there is no approval to take back', do: 'reject it instead' },
  'approval.not_editable': {
    means: 'this can’t be edited, only approved or rejected',
    do: 'reject it and have it proposed anew',
  },
  'approval.edit_empty': { means: 'the edit changes nothing', do: 'change something' },
  'approval.invalid_edit': {
    means: 'the edit doesn’t fit the request; the text says where',
    do: 'correct its pointer or value',
  },
  'approval.too_many_pending': {
    means: 'too many requests of this person already wait',
    do: 'wait until some are decided',
  },
  'approval.not_grantable': {
    means: 'this approval can’t cover later requests; the text says why',
    do: 'approve requests one by one',
  },
  'notification.not_found': {
    means: 'no such channel or delivery',
    do: '`sallyport notifications list` and `channels`',
  },
  'grant.not_found': { means: 'no such grant, or none for you to see', do: '`sallyport grants list`' },
  'masking.blocked': {
    means: 'the text holds something that its masking profile blocks',
    do: 'leave it out, or change the profile’s operator',
  },
  'upstream.unavailable': {
    means: 'the model server can’t be reached',
    do: 'try again; [runbook](runbook.md#the-model-server-does-not-answer)',
  },
  'upstream.interrupted': {
    means: 'the model server went away within its answer',
    do: 'try again: nothing is repeated by itself once the server may have worked on it',
  },
  'upstream.timeout': {
    means: 'the model server was slower than `timeouts` of its connection',
    do: 'ask for less, or raise the limit',
  },
  'upstream.error': { means: 'the model server refused or failed', do: 'the text is the server’s, masked' },
  'upstream.invalid_answer': {
    means: 'the model server’s answer isn’t what its protocol says',
    do: 'check `protocols` of the connection',
  },
  'release.invalid': {
    means: 'the release didn’t verify, so no model was called',
    do: '[runbook](runbook.md#a-release-was-refused)',
  },
  'content.erased': { means: 'the person’s content was erased', do: 'nothing: it can’t be opened any more' },
  'config.invalid': { means: 'the document can’t be used; the text says where', do: 'correct it' },
  'config.not_found': { means: 'there is no such revision', do: '`sallyport config log`' },
  'config.outdated': {
    means: 'another revision came into force meanwhile',
    do: '`sallyport config diff`, then apply again',
  },
  'freeze.not_found': { means: 'this isn’t frozen', do: '`sallyport frozen`' },
  'freeze.second_person': {
    means: 'who froze something doesn’t let it go',
    do: 'have another person do it',
  },
  'audit.behind': {
    means: 'the ledger doesn’t keep up, and nothing runs unrecorded',
    do: 'try again; [runbook](runbook.md#the-ledger-is-behind)',
  },
  'audit.legal_hold': { means: 'a legal hold keeps it', do: 'the text names the hold; an admin lifts it' },
  'erasure.no_approvers': {
    means: 'nobody could agree to the erasure',
    do: 'name them in `approvals.erasures`',
  },
  'hold.not_found': { means: 'no such legal hold is in force', do: '`sallyport audit hold list`' },
  'service.overloaded': {
    means: 'too much at once, or the log is nearly full',
    do: 'try again; [runbook](runbook.md#the-log-is-nearly-full)',
  },
  'service.unavailable': {
    means: 'a part that this needs is away',
    do: 'try again; [runbook](runbook.md#a-part-is-away)',
  },
  'internal.error': { means: 'a fault of Sallyport’s own', do: 'see the service’s log, and tell us' },
};
