import { entropy } from '../../checks/entropy.ts';

type Alphabet = 'alnum' | 'hex' | 'dash' | 'id' | 'digits' | 'word' | 'uuid' | 'base64' | 'mixed';

const SYMBOLS: Record<Exclude<Alphabet, 'uuid'>, RegExp> = {
  alnum: /^[a-z0-9]+$/i,
  mixed: /^[A-Za-z0-9]+$/,
  hex: /^[a-f0-9]+$/i,
  dash: /^[a-z0-9_-]+$/i,
  id: /^[a-z0-9=_-]+$/i,
  digits: /^\d+$/,
  word: /^[\w=-]+$/,
  base64: /^[a-z0-9/=_+-]+$/i,
};
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Vendors whose tokens carry no mark of their own: they are told by the vendor's name standing in the name they are
 * assigned to, and by alphabet and length, as the vendor's API reference gives them.
 */
export const ASSIGNED_FORMATS: ReadonlyArray<
  readonly [name: string, alphabet: Alphabet, ...lengths: readonly number[]]
> = [
  ['adafruit', 'dash', 32],
  ['adobe', 'hex', 32],
  ['airtable', 'alnum', 17],
  ['algolia', 'alnum', 32],
  ['alibaba', 'alnum', 30],
  ['asana', 'digits', 16],
  ['asana', 'alnum', 32],
  ['atlassian|confluence|jira', 'alnum', 24],
  ['aws', 'base64', 40],
  ['azure', 'base64', 44, 88],
  ['beamer', 'id', 46],
  ['bitbucket', 'alnum', 32],
  ['bitbucket', 'id', 64],
  ['bittrex', 'alnum', 32],
  ['meraki', 'hex', 40],
  ['cloudflare', 'dash', 40],
  ['cloudflare', 'hex', 37],
  ['codecov', 'alnum', 32],
  ['codecov', 'uuid'],
  ['cohere|co_api_key', 'mixed', 40],
  ['coinbase', 'dash', 64],
  ['confluent', 'alnum', 16, 64],
  ['contentful', 'id', 43],
  ['contribsys', 'hex', 17],
  ['datadog', 'alnum', 32, 40],
  ['discord', 'hex', 64],
  ['discord', 'digits', 18, 19],
  ['discord', 'id', 32],
  ['droneci', 'alnum', 32],
  ['dropbox', 'alnum', 15],
  ['dropbox', 'id', 64],
  ['etsy', 'alnum', 24],
  ['facebook', 'hex', 32],
  ['fastly', 'id', 32],
  ['finicity', 'hex', 32],
  ['finicity', 'alnum', 20],
  ['finnhub', 'alnum', 20],
  ['flickr', 'alnum', 32],
  ['freshbooks', 'alnum', 64],
  ['gitter', 'dash', 40],
  ['gocardless', 'id', 45],
  ['heroku', 'uuid'],
  ['hubspot', 'uuid'],
  ['intercom', 'id', 60],
  ['jfrog|artifactory|bintray|xray', 'alnum', 64, 73],
  ['kraken', 'base64', 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90],
  ['kucoin', 'hex', 24],
  ['kucoin', 'uuid'],
  ['launchdarkly', 'id', 40],
  ['linear', 'hex', 32],
  ['linkedin|linked_in|linked-in', 'alnum', 14, 16],
  ['lob', 'word', 36, 40],
  ['looker', 'alnum', 20, 24],
  ['mailchimp', 'dash', 36, 37],
  ['mailgun', 'dash', 36, 39, 50],
  ['mapbox', 'mixed', 85],
  ['mattermost', 'alnum', 26],
  ['messagebird|message_bird|message-bird', 'alnum', 25],
  ['messagebird|message_bird|message-bird', 'uuid'],
  ['netlify', 'id', 40, 41, 42, 43, 44, 45, 46],
  ['newrelic|new_relic|new-relic', 'alnum', 64],
  ['nytimes|newyorktimes|new-york-times', 'id', 32],
  ['okta', 'word', 42],
  ['plaid', 'alnum', 24, 30],
  ['privateai|private_ai|private-ai', 'alnum', 32],
  ['rapidapi', 'dash', 50],
  ['sendbird', 'hex', 40],
  ['sendbird', 'uuid'],
  ['sentry', 'hex', 64],
  ['snyk', 'uuid'],
  ['sonar', 'id', 40, 44],
  ['sourcegraph', 'hex', 40],
  ['squarespace', 'uuid'],
  ['sumo', 'mixed', 14],
  ['sumo', 'alnum', 64],
  ['travis', 'alnum', 22],
  ['twilio', 'hex', 32],
  ['twitch', 'alnum', 30],
  ['twitter', 'alnum', 25, 45, 50],
  ['zendesk', 'alnum', 40],
];

/** Formats with more structure than an alphabet and a length. */
const SHAPES: ReadonlyArray<readonly [name: string, shape: RegExp]> = [
  ['contribsys', /^[a-f0-9]{8}:[a-f0-9]{8}$/i],
  ['sumo', /^su(?=.*[A-Z])[A-Za-z0-9]{12}$/],
  ['telegr', /^\d{5,16}:A[\w-]{34}$/],
  ['twitter', /^\d{15,25}-[A-Za-z0-9]{20,40}$/],
  ['twitter', /^A{22}[A-Za-z0-9%]{80,100}$/],
  ['mapbox', /^pk\.[a-z0-9]{60}\.[a-z0-9]{22}$/i],
  ['yandex', /^(?:t1\.[\w-]+={0,2}\.[\w-]{86}={0,2}|AQVN[\w-]{35,38}|YC[\w-]{38})$/],
  ['gocardless', /^live_[a-z0-9_=-]{40}$/i],
  ['mailgun', /^[a-h0-9]{32}-[a-h0-9]{8}-[a-h0-9]{8}$/i],
  ['dropbox', /^sl\.[a-z0-9=_-]{135}$/i],
  ['beamer', /^b_[a-z0-9=_-]{44}$/i],
];

/** For the automaton: names that may announce a token. */
export const VENDOR_NAMES: readonly string[] = [
  ...new Set([...ASSIGNED_FORMATS, ...SHAPES].flatMap(([name]) => name.split('|'))),
];

const ANY_VENDOR = new RegExp(VENDOR_NAMES.join('|'), 'i');
const MIN_BITS = 2.2;

/** The vendor in `name` whose format `value` has; undefined if there is none. */
export function vendorOf(name: string, value: string): string | undefined {
  if (!ANY_VENDOR.test(name)) return undefined;
  const lower = name.toLowerCase();
  const named = (names: string) => names.split('|').some((one) => lower.includes(one));
  const shape = SHAPES.find(([names, pattern]) => named(names) && pattern.test(value));
  if (shape) return shape[0];
  const format = ASSIGNED_FORMATS.find(
    ([names, alphabet, ...lengths]) =>
      named(names) && hasFormat(value, alphabet, lengths) && entropy(value) >= MIN_BITS,
  );
  return format?.[0].split('|')[0];
}

function hasFormat(value: string, alphabet: Alphabet, lengths: readonly number[]): boolean {
  if (alphabet === 'uuid') return UUID.test(value);
  if (!lengths.includes(value.length) || !SYMBOLS[alphabet].test(value)) return false;
  return alphabet === 'digits' || (/\d/.test(value) && /[a-z]/i.test(value));
}
