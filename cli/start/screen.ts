import { DEMO_PROMPTS } from '#embedded';

export interface ScreenFacts {
  readonly urls: Readonly<Record<string, string>>;
  readonly model: string;
  readonly isStandIn: boolean;
  readonly hasSeededPeople: boolean;
  /** Where the seeded people's passwords lie. */
  readonly passwordsFile: string;
  readonly offered: readonly { readonly name: string; readonly url: string }[];
}

const HELD_PROMPT = 'How do I choose a good password?';

/** The closing screen: where things are and lines that work when pasted into another terminal. */
export function screen(facts: ScreenFacts): string {
  const { urls, model } = facts;
  const token = facts.hasSeededPeople ? '$(npx sallyport token --user carol)' : '$TOKEN';
  const standIn = `The model "${model}" is an offline stand-in: tiny, run by llama.cpp, good for trying things out only.`;
  return [
    '',
    'Sallyport runs. Ctrl-C stops it.',
    '',
    ...Object.entries(urls).map(([name, url]) => `  ${name.padEnd(18)} ${url}`),
    '',
    ...(facts.isStandIn ? [standIn] : []),
    ...facts.offered.map(
      ({ name, url }) => `${name} answers at ${url}. To use it: npm start -- --model-url ${url}`,
    ),
    '',
    'Ask it something, in another terminal in this folder:',
    '',
    curl(urls.gateway ?? '', token, model, DEMO_PROMPTS.email),
    '',
    'The same with the openai package:',
    '',
    snippet(urls.gateway ?? '', token, model, DEMO_PROMPTS.email),
    '',
    'A question that waits for a person:',
    '',
    curl(urls.gateway ?? '', token, model, HELD_PROMPT),
    '',
    'and the approver, in a third terminal:',
    '',
    '  npx sallyport approvals list --as alice',
    '  npx sallyport approvals approve next --as alice',
    '',
    facts.hasSeededPeople
      ? 'or in a browser, as alice with the password that the second line prints:'
      : 'or in a browser:',
    '',
    `  ${urls.approvals}/approvals`,
    ...(facts.hasSeededPeople
      ? [`  node -p 'JSON.parse(fs.readFileSync("${facts.passwordsFile}")).alice'`]
      : []),
    '',
  ].join('\n');
}

function curl(gateway: string, token: string, model: string, content: string): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }] });
  return [
    `  curl -s ${gateway}/chat/completions -H "Authorization: Bearer ${token}" \\`,
    `    -H 'Content-Type: application/json' -d '${body}'`,
  ].join('\n');
}

function snippet(gateway: string, token: string, model: string, content: string): string {
  return [
    `  OPENAI_API_KEY="${token}" OPENAI_BASE_URL=${gateway} node --input-type=module -e '`,
    '    import OpenAI from "openai";',
    `    const answer = await new OpenAI().chat.completions.create({ model: "${model}",`,
    `      messages: [{ role: "user", content: "${content}" }] });`,
    "    console.log(answer.choices[0].message.content);'",
  ].join('\n');
}
