import { WORD } from '../automaton/char-set.ts';
import type { DetectorRule } from '../rule.ts';

/** One published token format: id, pattern, where the vendor describes it. */
export type VendorToken = readonly [id: string, pattern: string, source: string];

const FORMATS: readonly VendorToken[] = [
  ['aws-access-key', '(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16}', 'IAM user guide, unique identifiers'],
  ['github-token', 'gh[pousr]_[A-Za-z0-9]{36,255}', 'GitHub docs, token formats'],
  ['github-fine-grained', 'github_pat_[A-Za-z0-9_]{82}', 'GitHub docs, token formats'],
  [
    'gitlab-token',
    'gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[A-Za-z0-9_=.-]{20,64}',
    'GitLab docs, token prefixes',
  ],
  ['slack-token', 'xox[abeoprs]-[A-Za-z0-9-]{10,250}', 'Slack docs, token types'],
  ['slack-app-token', 'xapp-\\d-[A-Z0-9]+-\\d+-[a-z0-9]+', 'Slack docs, token types'],
  [
    'slack-webhook',
    'hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,60}',
    'Slack docs, incoming webhooks',
  ],
  ['stripe-key', '(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,247}', 'Stripe docs, API keys'],
  ['google-api-key', 'AIza[\\w-]{35}', 'Google Cloud docs, API keys'],
  ['google-oauth-secret', 'GOCSPX-[\\w-]{28}', 'Google identity docs'],
  [
    'openai-key',
    'sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,74}T3BlbkFJ[A-Za-z0-9_-]{20,74}',
    'OpenAI API reference',
  ],
  ['anthropic-key', 'sk-ant-(?:api|admin)\\d\\d-[A-Za-z0-9_-]{80,120}', 'Anthropic API reference'],
  ['npm-token', 'npm_[A-Za-z0-9]{36}', 'npm docs, access tokens'],
  ['pypi-token', 'pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}', 'PyPI help, API tokens'],
  ['huggingface-token', '(?:hf|api_org)_[A-Za-z]{34}', 'Hugging Face docs, user access tokens'],
  ['sendgrid-key', 'SG\\.[A-Za-z0-9_=.-]{66}', 'SendGrid docs, API keys'],
  ['twilio-key', 'SK[0-9a-fA-F]{32}', 'Twilio docs, API keys'],
];

export const VENDOR_TOKENS: readonly DetectorRule[] = FORMATS.map(([id, pattern]) => ({
  id,
  entity: 'SECRET',
  pattern,
  left: WORD,
  right: WORD,
  score: 0.95,
}));
