import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { MaskingProfile, type SessionDetail } from '#contracts';
import { compileMasker } from '#redaction';
import { type CompiledPolicy, caseInput, type EvaluationInput, evaluate, explain, PolicyCase } from '#rules';
import { CallError, runCall } from '../caller.ts';
import { jsonText, say, sayDocument } from '../terminal.ts';
import { explanationText } from './explanation-text.ts';
import { policyOf, type RecordedFlags, readRecorded, sessionInput, withRecorded } from './recorded.ts';

/** Explains a recorded request by the revision that decided about it. */
export function explainRecorded(requestId: string, flags: RecordedFlags): Promise<void> {
  return runCall(flags, async (caller) => {
    const session = await readRecorded(caller, requestId);
    const policy = await policyOf(session, flags);
    const explanation = explain(policy, inputOf(session));
    say(flags.json ? jsonText(explanation, 2) : explanationText(explanation));
  });
}

/** Adds `policy record REQUEST_ID`. */
export function registerRecord(policy: Command): void {
  withRecorded(
    policy
      .command('record')
      .argument('<request>', 'the id of a recorded request')
      .description('print a recorded request as a masked case for policy test'),
  )
    .option('--name <text>', 'what the case shows')
    .action((requestId: string, flags: RecordedFlags & { name?: string }) =>
      runCall(flags, async (caller) => {
        const session = await readRecorded(caller, requestId);
        const policy = await policyOf(session, flags);
        const one = maskedCase(session, policy, flags.name ?? `like ${requestId}`);
        if (flags.json) say(jsonText(one));
        else sayDocument(stringify({ cases: [one] }));
      }),
    );
}

/**
 * A recorded request as a case: personal values and secrets masked, the person left out. Throws `CallError` where the
 * masked text is decided about otherwise, because the case would show nothing.
 */
export function maskedCase(session: SessionDetail, policy: CompiledPolicy, name: string): PolicyCase {
  const input = inputOf(session);
  // Pseudonyms look like what they stand for, so that rules about entities find them; their key is forgotten at once.
  const defaults = { operator: { kind: 'pseudonym' } };
  const profile = MaskingProfile.parse({ packs: ['core', 'secrets', 'web'], defaults });
  const masker = compileMasker(profile, { key: randomBytes(32), scope: 'case' });
  const turns: string[][] = [];
  for (const { text, turn } of input.texts) {
    if (text === '') continue;
    const parts = turns[turn] ?? [];
    parts.push(masker.maskText(text).text);
    turns[turn] = parts;
  }
  const decision = evaluate(policy, input);
  const one = PolicyCase.parse({
    name,
    given: {
      user: {
        ...{ kind: input.principal.kind, groups: [...input.principal.groups] },
        ...(input.claims && { claims: masked(input.claims, (text) => masker.maskText(text).text) }),
      },
      turns: turns.filter((parts) => parts !== undefined),
      model: input.model,
      ...(input.connection !== undefined && { connection: input.connection }),
      protocol: input.protocol,
      operation: input.operation,
      unreadable: input.unreadable.map(({ kind }) => ({ kind })),
      urls: input.remoteUrls.map(({ url }) => url),
      now: new Date(input.now).toISOString(),
    },
    want: { effect: decision.effect, rules: decision.rules.map((rule) => rule.name) },
  });
  const again = evaluate(policy, caseInput(one));
  const same = (a: typeof again) =>
    `${a.effect} ${a.rules
      .map((rule) => rule.name)
      .sort()
      .join(' ')}`;
  if (same(again) === same(decision)) return one;
  const text = `Masked, this is decided otherwise (${same(again)}, not ${same(decision)}): write the case by hand.`;
  throw new CallError('request.invalid', text, 0);
}

function inputOf(session: SessionDetail): EvaluationInput {
  const input = sessionInput(session);
  if (typeof input !== 'string') return input;
  throw new CallError('request.not_found', `This request can't be judged again: ${input}.`, 0);
}

/** A claim's value with every text in it masked. Claims are bounded: they came with the request. */
function masked<T>(value: T, mask: (text: string) => string): T {
  if (typeof value === 'string') return mask(value) as T;
  if (Array.isArray(value)) return value.map((item) => masked(item, mask)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, mask)])) as T;
}
