import { type ServiceName, serviceNames } from '#contracts';
import { eventually, type World } from '#testing';
import { countRow, door, type Row } from './journey-row.ts';
import { chat, clientOf, heldWith, vote } from './people.ts';

/** The moments of a held request's life at which a service can die. */
export const killPoints = [
  'before the vote',
  'after the vote, before the release',
  'during the call',
  'before completion',
] as const;
export type KillPoint = (typeof killPoints)[number];

/** Every service with every moment. */
export const killRows: readonly (readonly [ServiceName, KillPoint])[] = serviceNames.flatMap((service) =>
  killPoints.map((point) => [service, point] as const),
);

/** The masking replica that dies with a call takes the answer with it: one more call is right, two more are not. */
const allowedCalls = (service: ServiceName, point: KillPoint): number =>
  service === 'masking' && (point === 'during the call' || point === 'before completion') ? 2 : 1;

/** Kills one service with SIGKILL at one moment, starts it again, and waits for the client's answer. */
export async function killAt(world: World, service: ServiceName, point: KillPoint): Promise<Row> {
  const startedAt = Date.now();
  const word = `kill-${service}-${killPoints.indexOf(point)}-${startedAt}`;
  const model = door();
  world.upstream.answer({ pieces: [`after ${word}`], before: () => model.opened });
  const before = world.upstream.calls();
  const client = await clientOf(world, 'carol', { maxRetries: 20 });
  const answer = client.chat.completions.create(chat(`password ${word}`));
  answer.catch(() => undefined);
  const held = await heldWith(world, word);
  const called = () => eventually(() => checkCalled(world, before), { timeoutMs: 60_000 });
  const approve = async () => {
    const { status } = await vote(world, 'alice', held, 'approve');
    if (status !== 200) throw new Error(`the vote got ${status}`);
  };
  const restart = async () => {
    await world.service(service).kill();
    await world.startService(service);
  };
  switch (point) {
    case 'before the vote':
      await restart();
      await approve();
      break;
    case 'after the vote, before the release':
      // Without the broker a vote is committed, and its release waits in the outbox.
      await world.stopNats();
      await approve();
      await world.service(service).kill();
      await world.startNatsAgain();
      await world.startService(service);
      break;
    case 'during the call':
      await approve();
      await called();
      await restart();
      break;
    case 'before completion':
      // Without the broker the model's answer is there, and its ending can't be said.
      await approve();
      await called();
      await world.stopNats();
      model.open();
      await world.service(service).kill();
      await world.startNatsAgain();
      await world.startService(service);
      break;
    default:
      point satisfies never;
  }
  model.open();
  const text = (await answer).choices[0]?.message.content;
  const row = await countRow(world, {
    what: `${service}, ${point}`,
    requestId: held.requestId,
    modelCalls: world.upstream.calls() - before,
    allowedCalls: allowedCalls(service, point),
    startedAt,
  });
  return { ...row, ok: row.ok && text === `after ${word}` };
}

function checkCalled(world: World, before: number): void {
  if (world.upstream.calls() === before) throw new Error('the model was not called yet');
}
