import { type Finding, findAll, type Source } from './sources.ts';

/** Shapes that are a credential wherever they stand. */
const shapes: Record<string, RegExp> = {
  'AWS access key': /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  'GitHub token': /\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}/g,
  'GitLab token': /\bglpat-[A-Za-z0-9_-]{20,}/g,
  'Slack token': /\bxox[abeprs]-[0-9A-Za-z-]{10,}/g,
  'OpenAI or Anthropic key': /\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{32,}/g,
  'Google API key': /\bAIza[0-9A-Za-z_-]{35}/g,
  'Stripe key': /\b[rs]k_live_[0-9A-Za-z]{20,}/g,
  'SendGrid key': /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g,
  'Hugging Face token': /\bhf_[A-Za-z0-9]{30,}/g,
  'npm token': /\bnpm_[A-Za-z0-9]{36}/g,
  'signed JWT': /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g,
  'private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40,}/g,
  'password in a URL': /\b[a-z][a-z0-9+]{1,20}:\/\/[^\s:/@'"`<>${}]+:[^\s:/@'"`<>${}]{12,}@[a-z0-9]/gi,
};

/** Made-up values that stand in files on purpose. Where a test can make its own secret, it does, and isn't listed. */
const fixtures: Record<string, string> = {
  'libs/embedded/model/corpus.txt': 'what the offline model says, for masking to hide',
  'libs/protocols/redaction.test.ts': 'an example that GitHub documents',
};

/** Credentials in files. The match itself is not repeated. */
export function findSecrets(sources: readonly Source[]): Finding[] {
  return sources
    .filter(({ path }) => !Object.hasOwn(fixtures, path))
    .flatMap((source) =>
      Object.entries(shapes).flatMap(([kind, pattern]) =>
        findAll(source, pattern, (match) => (isPlaceholder(match) ? '' : `looks like a secret: ${kind}`)),
      ),
    )
    .filter(({ message }) => message !== '');
}

/** `ghp_xxxx…`: text that stands for a secret varies less than any real one. */
function isPlaceholder(match: string): boolean {
  return new Set(match.slice(-16)).size < 4;
}
