import { charSet, union, WORD } from '../../automaton/char-set.ts';
import { entropy } from '../../checks/entropy.ts';
import type { DetectorRule } from '../../detecting/rule.ts';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/**
 * Token formats that vendors mark with a prefix (or another fixed part) of their own, so that they can be told by
 * themselves. Columns: rule id, pattern, where the vendor publishes the format.
 */
const FORMATS: ReadonlyArray<readonly [id: string, pattern: string, source: string]> = [
  [
    '1password-secret-key',
    'A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}',
    '1Password security design paper, Secret Key',
  ],
  ['1password-service-account', 'ops_eyJ[A-Za-z0-9+/_-]{200,}={0,3}', '1Password docs, service accounts'],
  ['adobe-client-secret', '(?i)p8e-[a-z0-9]{32}', 'Adobe developer console docs'],
  [
    'age-secret-key',
    'AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}',
    'age specification (C2SP), Bech32',
  ],
  ['airtable-pat', 'pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}', 'Airtable docs, personal access tokens'],
  ['alibaba-access-key', 'LTAI[A-Za-z0-9]{12,24}', 'Alibaba Cloud RAM docs'],
  ['anthropic-key', 'sk-ant-[a-z]{3,6}\\d\\d-[A-Za-z0-9_-]{80,120}', 'Anthropic API reference'],
  ['artifactory-key', 'AKCp[A-Za-z0-9]{69}', 'JFrog docs, API keys'],
  ['artifactory-reference-token', 'cmVmd[A-Za-z0-9]{59}', 'JFrog docs, reference tokens'],
  ['atlassian-token', 'AT[AC]TT3[A-Za-z0-9_=-]{180,200}', 'Atlassian docs, API tokens'],
  ['bitbucket-app-password', 'ATBB[A-Za-z0-9]{24,40}', 'Atlassian docs, app passwords'],
  [
    'authress-key',
    '(?:sc|ext|scauth|authress)_[A-Za-z0-9]{5,30}\\.[A-Za-z0-9]{4,6}\\.acc[_-][A-Za-z0-9-]{10,32}\\.[A-Za-z0-9+/_=-]{30,}',
    'Authress docs, service clients',
  ],
  ['aws-access-key', '(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16}', 'AWS IAM guide, unique identifiers'],
  ['aws-bedrock-key', 'ABSK[A-Za-z0-9+/]{100,}={0,2}', 'AWS Bedrock docs, API keys'],
  [
    'aws-bedrock-short-key',
    'bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/]*={0,2}',
    'AWS Bedrock docs, short-term API keys',
  ],
  ['azure-client-secret', '[\\w~.]+\\dQ~[A-Za-z0-9_~.-]{31,34}', 'Microsoft Entra docs, client secrets'],
  ['buildkite-token', 'bk(?:ua|ct|aj)_[A-Za-z0-9]{40,}', 'Buildkite docs, token prefixes'],
  ['castai-key', 'castai_v1_[a-f0-9]{64}_[a-f0-9]{8}', 'CAST AI docs, API access keys'],
  ['chief-tools-token', 'ct[opr]_[A-Za-z0-9]{30,}', 'Chief Tools docs, access tokens'],
  ['circleci-token', 'CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}', 'CircleCI docs, API tokens'],
  ['clickhouse-key', '4b1d[A-Za-z0-9]{38}', 'ClickHouse Cloud docs, API keys'],
  ['clojars-token', '(?i)CLOJARS_[a-z0-9]{60}', 'Clojars wiki, deploy tokens'],
  ['cloudflare-origin-ca', 'v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}', 'Cloudflare docs, Origin CA keys'],
  ['contentful-pat', 'CFPAT-[A-Za-z0-9_-]{43}', 'Contentful docs, personal access tokens'],
  ['databricks-token', 'dapi[a-f0-9]{32}(?:-\\d)?', 'Databricks docs, access tokens'],
  ['defined-networking-token', '(?i)dnkey-[a-z0-9=_-]{26}-[a-z0-9=_-]{52}', 'Defined Networking docs'],
  ['digitalocean-token', '(?i)do[opr]_v1_[a-f0-9]{64}', 'DigitalOcean docs, token prefixes'],
  ['docker-pat', 'dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,40}', 'Docker docs, access tokens'],
  [
    'doppler-token',
    'dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}',
    'Doppler docs, token formats',
  ],
  ['dropbox-token', 'sl\\.[A-Za-z0-9=_-]{130,160}', 'Dropbox docs, OAuth guide'],
  ['duffel-token', 'duffel_(?:test|live)_[A-Za-z0-9_=-]{43}', 'Duffel docs, access tokens'],
  ['dynatrace-token', 'dt0[a-z]\\d\\d\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{64}', 'Dynatrace docs, token format'],
  ['easypost-key', 'EZ[AT]K[A-Za-z0-9]{54}', 'EasyPost docs, API keys'],
  ['facebook-app-token', '\\d{15,16}(?:\\||%7C|%)[0-9A-Za-z_-]{27,40}', 'Meta docs, access tokens'],
  ['facebook-page-token', 'EAA[A-Z][A-Za-z0-9]{90,}', 'Meta docs, access tokens'],
  ['figma-token', 'fig[dor]_[A-Za-z0-9_-]{36,60}', 'Figma docs, access tokens'],
  [
    'flutterwave-key',
    'FLW(?:SEC|PUB)K(?:_TEST)?-(?:[A-Ha-h0-9]{32}-X|[A-Ha-h0-9]{12})',
    'Flutterwave docs, API keys',
  ],
  ['fly-token', 'fo1_[\\w-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3}', 'Fly.io docs, access tokens'],
  ['frameio-token', 'fio-u-[A-Za-z0-9_=-]{64}', 'Frame.io docs, developer tokens'],
  ['github-token', 'gh[pousr]_[A-Za-z0-9]{36,}', 'GitHub docs, token formats'],
  ['github-fine-grained', 'github_pat_\\w{82}', 'GitHub docs, token formats'],
  [
    'gitlab-token',
    'gl(?:pat|dt|rtr?|ft|wt|soat|ffct|imt|agent|oas)-[\\w-]{20,}(?:\\.[0-9a-z]{2}){0,2}(?:\\.?[0-9a-z]{7})?',
    'GitLab docs, token prefixes',
  ],
  ['gitlab-job-token', 'glcbt-[0-9A-Za-z]{1,5}_[\\w-]{20}', 'GitLab docs, token prefixes'],
  ['gitlab-trigger-token', 'glptt-[0-9a-f]{40}', 'GitLab docs, token prefixes'],
  ['gitlab-runner-registration', 'GR1348941[\\w-]{20}', 'GitLab docs, token prefixes'],
  ['gitlab-session', '_gitlab_session=[0-9a-z]{32}', 'GitLab docs, cookies'],
  ['google-api-key', 'AIza[\\w-]{35}', 'Google Cloud docs, API keys'],
  ['google-oauth-secret', 'GOCSPX-[\\w-]{28}', 'Google identity docs'],
  ['google-oauth-token', 'ya29\\.[\\w-]{30,}', 'Google identity docs, access tokens'],
  ['grafana-key', 'eyJrIjoi[A-Za-z0-9]{70,}={0,3}', 'Grafana docs, legacy API keys'],
  ['grafana-cloud-token', '(?i)glc_[A-Za-z0-9+/]{32,}={0,3}', 'Grafana Cloud docs, access policies'],
  ['grafana-service-account', '(?i)glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}', 'Grafana docs, service accounts'],
  ['groq-key', 'gsk_[A-Za-z0-9]{48,56}', 'Groq docs, API keys'],
  ['harness-key', '[ps]at\\.[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}', 'Harness docs, API keys'],
  [
    'hashicorp-terraform-token',
    '[A-Za-z0-9]+\\.atlasv1\\.[A-Za-z0-9_=-]{60,70}',
    'HCP Terraform docs, API tokens',
  ],
  [
    'hashicorp-vault-token',
    'hvs\\.[\\w-]{90,120}|hvb\\.[\\w-]{138,}|hvr\\.[\\w-]{90,}',
    'Vault docs, token prefixes',
  ],
  ['hashicorp-vault-legacy', 's\\.[A-Za-z0-9]{24}', 'Vault docs, token prefixes'],
  ['heroku-key', 'HRKU-AA[\\w-]{58}', 'Heroku changelog, token format'],
  ['huggingface-token', '(?:hf|api_org)_[A-Za-z]{34}', 'Hugging Face docs, access tokens'],
  ['infracost-key', 'ico-[A-Za-z0-9]{32}', 'Infracost docs'],
  ['intra42-secret', 's-s4t2(?:ud|af)-[a-fA-F0-9]{64}', '42 intranet API docs'],
  ['jwt-base64', 'ZXlK[A-Za-z0-9+/_-]{40,}={0,2}', 'RFC 7519 in base64'],
  ['langsmith-key', 'lsv2_[ps][tk]_[a-f0-9]{32}_[a-f0-9]{10}', 'LangSmith docs, API keys'],
  ['linear-key', 'lin_(?:api|oauth)_[A-Za-z0-9]{40,64}', 'Linear docs, API keys'],
  ['mailgun-key', '(?:pub)?key-[a-f0-9]{32}', 'Mailgun docs, API keys'],
  ['mapbox-token', '[ps]k\\.eyJ[A-Za-z0-9_-]{40,}\\.[A-Za-z0-9_-]{20,30}', 'Mapbox docs, access tokens'],
  ['mailchimp-key', '[a-f0-9]+-us\\d{1,2}', 'Mailchimp docs, API keys'],
  ['maxmind-key', '[A-Za-z0-9]+_[A-Za-z0-9]+_mmk', 'MaxMind docs, license keys'],
  [
    'microsoft-teams-webhook',
    `https://[A-Za-z0-9]+\\.webhook\\.office\\.com/webhookb2/${UUID}@${UUID}/IncomingWebhook/[a-z0-9]{32}/${UUID}`,
    'Microsoft Teams docs, incoming webhooks',
  ],
  ['netlify-token', 'nfp_[A-Za-z0-9_-]{36}', 'Netlify docs, access tokens'],
  [
    'new-relic-key',
    'NRAK-[A-Za-z0-9]{27}|NRII-[A-Za-z0-9-]{32}|NRJS-[a-f0-9]{19}|NRA[AD]-[a-f0-9]{27}',
    'New Relic docs, API keys',
  ],
  ['notion-token', 'ntn_\\d{11}[A-Za-z0-9]{35}|secret_[A-Za-z0-9]{43}', 'Notion docs, integration tokens'],
  ['npm-token', '(?i)npm_[a-z0-9]{36}', 'npm docs, access tokens'],
  ['nuget-key', 'oy2[a-z0-9]{43}', 'NuGet docs, API keys'],
  ['octopus-key', 'API-[A-Z0-9]{26}', 'Octopus Deploy docs, API keys'],
  [
    'openai-key',
    'sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,74}T3BlbkFJ[A-Za-z0-9_-]{20,74}',
    'OpenAI API reference',
  ],
  ['openrouter-key', 'sk-or-v1-[a-f0-9]{64}', 'OpenRouter docs, API keys'],
  ['openshift-token', 'sha256~[\\w-]{43}', 'OpenShift docs, OAuth tokens'],
  ['perplexity-key', 'pplx-[A-Za-z0-9]{48}', 'Perplexity docs, API keys'],
  ['pinecone-key', 'pcsk_[A-Za-z0-9_]{50,80}', 'Pinecone docs, API keys'],
  ['plaid-token', `(?:access|public|link)-(?:sandbox|development|production)-${UUID}`, 'Plaid docs, tokens'],
  ['planetscale-token', 'pscale_(?:tkn|oauth|pw)_[\\w=.-]{32,64}', 'PlanetScale docs, service tokens'],
  ['postman-key', 'PMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}', 'Postman docs, API keys'],
  ['prefect-key', 'pn[ub]_[A-Za-z0-9]{36}', 'Prefect docs, API keys'],
  ['pulumi-token', 'pul-[a-f0-9]{40}', 'Pulumi docs, access tokens'],
  ['pypi-token', 'pypi-AgEIcHlwaS5vcmc[\\w-]{50,}', 'PyPI help, API tokens'],
  ['readme-key', 'rdme_[a-z0-9]{70}', 'ReadMe docs, API keys'],
  ['replicate-token', 'r8_[A-Za-z0-9]{37}', 'Replicate docs, API tokens'],
  ['rubygems-key', 'rubygems_[a-f0-9]{48}', 'RubyGems guides, API keys'],
  ['scalingo-token', 'tk-us-[\\w-]{48}', 'Scalingo docs, API tokens'],
  ['sendgrid-key', 'SG\\.[A-Za-z0-9_=.-]{66}', 'SendGrid docs, API keys'],
  ['sendinblue-key', 'xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}', 'Brevo docs, API keys'],
  [
    'sentry-token',
    'sntryu_[a-f0-9]{64}|sntrys_eyJ[A-Za-z0-9+/]{20,}={0,2}_[A-Za-z0-9+/]{43}',
    'Sentry docs, auth tokens',
  ],
  ['settlemint-token', 'sm_[aps]at_[A-Za-z0-9]{16}', 'SettleMint docs, access tokens'],
  ['shippo-token', 'shippo_(?:live|test)_[A-Fa-f0-9]{40}', 'Shippo docs, API tokens'],
  ['shopify-token', 'shp(?:at|ca|pa|ss|tka)_[A-Fa-f0-9]{32}', 'Shopify docs, access tokens'],
  ['slack-app-token', '(?i)xapp-\\d-[A-Z0-9]+-\\d+-[a-z0-9]+', 'Slack docs, token types'],
  ['slack-token', '(?i)xox[abeoprs](?:\\.xox[bp])?-[A-Za-z0-9][A-Za-z0-9-]{9,}', 'Slack docs, token types'],
  [
    'slack-webhook',
    '(?:https?://)?hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,80}',
    'Slack docs, incoming webhooks',
  ],
  ['sonar-token', 'sq[apu]_[a-f0-9]{40}', 'SonarQube docs, token types'],
  ['sourcegraph-token', '(?i)sgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}', 'Sourcegraph docs, access tokens'],
  ['square-token', '(?:EAAA|sq0(?:atp|csp|idp)-)[\\w-]{22,60}', 'Square docs, access tokens'],
  [
    'stripe-key',
    '(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{32,64}',
    'Stripe docs, API keys',
  ],
  ['supabase-token', 'sb(?:p|_secret)_[A-Za-z0-9_-]{30,60}', 'Supabase docs, API keys'],
  ['tailscale-key', 'tskey-[a-z]{2,10}-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{20,40}', 'Tailscale docs, keys'],
  ['telegram-bot-token', '(?:bot)?\\d{5,16}:A[\\w-]{34}', 'Telegram Bot API'],
  ['twilio-key', 'SK[0-9a-fA-F]{32}', 'Twilio docs, API keys'],
  ['typeform-token', '(?i)tfp_[a-z0-9_.=-]{59}', 'Typeform docs, access tokens'],
  ['xai-key', 'xai-[A-Za-z0-9]{70,90}', 'xAI docs, API keys'],
  [
    'yandex-key',
    'AQVN[\\w-]{35,38}|t1\\.[\\w-]{20,}={0,2}\\.[\\w-]{86}={0,2}|YC[\\w-]{38}',
    'Yandex Cloud docs, credentials',
  ],
  ['adyen-key', 'AQE[A-Za-z0-9+/]{20,150}-[A-Za-z0-9+/]{20,80}=-[A-Za-z0-9]{16}', 'Adyen docs, API keys'],
  ['asana-token', '[12]/\\d{16}(?:/\\d{16})?:[a-f0-9]{32}', 'Asana docs, personal access tokens'],
  ['azure-devops-token', '[A-Za-z0-9]+AZDO[A-Za-z0-9]{4}', 'Azure DevOps docs, personal access tokens'],
  ['azure-sas', 'sig=[A-Za-z0-9%/+]{40,70}(?:%3[Dd]|=)', 'Azure Storage docs, shared access signatures'],
  [
    'braintree-token',
    'access_token\\$(?:production|sandbox)\\$[a-z0-9]{16}\\$[a-f0-9]{32}',
    'Braintree docs',
  ],
  ['cerebras-key', 'csk-[a-z0-9]{48}', 'Cerebras docs, API keys'],
  ['clickup-token', 'pk_\\d{6,10}_[A-Z0-9]{32}', 'ClickUp docs, personal tokens'],
  ['cloudflare-token', 'cf(?:ut|at|k)_[A-Za-z0-9]{40,48}', 'Cloudflare docs, token formats'],
  ['crates-token', 'cio[A-Za-z0-9]{32}', 'crates.io source, token prefix'],
  ['datadog-pat', 'dd(?:pat|sat)_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}', 'Datadog docs, access tokens'],
  [
    'discord-bot-token',
    '[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,40}',
    'Discord API reference, authentication',
  ],
  [
    'discord-webhook',
    'https://(?:[a-z]{2,8}\\.)?discord(?:app)?\\.com/api/webhooks/\\d{17,20}/[\\w-]{60,80}',
    'Discord API reference, webhooks',
  ],
  ['e2b-key', 'e2b_[a-f0-9]{40}', 'E2B docs, API keys'],
  ['elevenlabs-key', 'sk_[a-f0-9]{48}', 'ElevenLabs docs, API keys'],
  ['firecrawl-key', 'fc-[a-f0-9]{32}', 'Firecrawl docs, API keys'],
  ['fireworks-key', 'fw_[A-Za-z0-9]{22,24}', 'Fireworks docs, API keys'],
  ['google-refresh-token', '1//0[A-Za-z0-9_-]{40,}', 'Google identity docs, refresh tokens'],
  ['honeycomb-key', 'hc[abcx][a-z]{2}_01[a-z0-9]{56}', 'Honeycomb docs, ingest and configuration keys'],
  ['hubspot-token', `pat-(?:na|eu|ap)\\d-${UUID}`, 'HubSpot docs, private app access tokens'],
  ['infisical-token', 'st\\.[a-f0-9]{24}\\.[a-f0-9]{32}\\.[a-f0-9]{32}', 'Infisical docs, service tokens'],
  ['langfuse-key', `sk-lf-${UUID}`, 'Langfuse docs, API keys'],
  ['launchdarkly-key', `(?:sdk|api|mob)-${UUID}`, 'LaunchDarkly docs, keys'],
  ['logfire-token', 'pylf_v\\d_[a-z]{2}_[A-Za-z0-9]{40,50}', 'Pydantic Logfire docs, write tokens'],
  ['neon-key', 'napi_[a-z0-9]{60,70}', 'Neon docs, API keys'],
  ['new-relic-license', '[a-f0-9]+FFFFNRAL', 'New Relic docs, license keys'],
  ['nvidia-key', 'nvapi-[A-Za-z0-9_-]{60,70}', 'NVIDIA API catalog docs'],
  ['posthog-key', 'phx_[A-Za-z0-9]{40,50}', 'PostHog docs, personal API keys'],
  ['razorpay-key', 'rzp_(?:live|test)_[A-Za-z0-9]{14}', 'Razorpay docs, API keys'],
  ['render-key', 'rnd_[A-Za-z0-9]{28,32}', 'Render docs, API keys'],
  ['resend-key', 're_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}', 'Resend docs, API keys'],
  ['secret-key', 'sk-[A-Za-z0-9]{32,64}', 'DeepSeek, Moonshot and others that follow OpenAI: API keys'],
  ['tavily-key', 'tvly-(?:(?:dev|prod)-)?[A-Za-z0-9]{28,40}', 'Tavily docs, API keys'],
  ['tencent-secret-id', 'AKID[A-Za-z0-9]{32}', 'Tencent Cloud docs, CAM access keys'],
  ['twitter-bearer', 'A{20,24}[A-Za-z0-9%]{60,120}', 'X API docs, bearer tokens'],
  [
    'vercel-token',
    'vc[pairk]_[A-Za-z0-9]{48,60}|vercel_blob_rw_[A-Za-z0-9]{16}_[A-Za-z0-9]{30}',
    'Vercel docs',
  ],
  ['voyage-key', 'pa-[A-Za-z0-9_-]{43}', 'Voyage AI docs, API keys'],
  [
    'zapier-webhook',
    'https://hooks\\.zapier\\.com/hooks/catch/\\d{5,10}/[a-z0-9]{6,10}/?',
    'Zapier docs, webhooks',
  ],
];

/**
 * Formats that begin with free characters. A counter there would multiply the automaton's states by those of every
 * other rule alive in a word, so the pattern leaves the length open and this table closes it.
 */
const LENGTHS: Readonly<Record<string, RegExp>> = {
  'azure-client-secret': /^.{3}\dQ~/,
  'azure-devops-token': /^.{76}AZDO/,
  'new-relic-license': /^.{32,36}FFFF/,
  'hashicorp-terraform-token': /^[^.]{14}\./,
  'mailchimp-key': /^.{32}-/,
  'maxmind-key': /^.{6}_.{29}_mmk$/,
};

/** Formats that other texts produce by chance need more randomness. */
const DEMANDING = new Set([
  'hashicorp-vault-legacy',
  'azure-client-secret',
  'yandex-key',
  'artifactory-reference-token',
  'secret-key',
  'discord-bot-token',
]);
/** Formats whose alphabet has no digit, or few. */
const LETTERS = new Set(['huggingface-token', 'aws-access-key']);
const MIN_BITS = 2.6;
const MIN_BITS_DEMANDING = 3.5;
const FILLER = /EXAMPLE$|x{6}|\*{4}|0{8}|abcdefghijklmn|1234567890/i;

export const VENDOR_TOKENS: readonly DetectorRule[] = FORMATS.map(([id, pattern]) => ({
  id,
  entity: 'SECRET',
  pattern,
  left: union(WORD, charSet('-')),
  right: WORD,
  score: 0.95,
  check: (value) => {
    if (LENGTHS[id]?.test(value) === false) return false;
    if (FILLER.test(value)) return false;
    const bits = entropy(value);
    // One random token in twenty has no digit; then both cases must be there, and more randomness.
    const isPlain =
      !LETTERS.has(id) &&
      !/\d/.test(value.slice(4)) &&
      !(/[a-z].*[A-Z].*[a-z]/.test(value) && bits >= MIN_BITS_DEMANDING);
    return !isPlain && bits >= (DEMANDING.has(id) ? MIN_BITS_DEMANDING : MIN_BITS);
  },
}));
