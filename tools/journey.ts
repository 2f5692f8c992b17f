import { parseArgs } from 'node:util';
import { serviceNames } from '#contracts';
import { startWorld, type World } from '#testing';
import type { Row } from '../test/journeys/journey-row.ts';
import { killAt, killRows } from '../test/journeys/kill-points.ts';
import { reattach, ways } from '../test/journeys/reattaching.ts';

/**
 * `npm run journey -- kill [--service NAME]`: each service killed at each moment of a held request's life, with real
 * processes and the openai client. `npm run journey -- reattach`: clients that lose their connection and come back.
 * Prints attempts, approvals and model calls of each row; exit 1 where one is not as it must be.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { service: { type: 'string' }, json: { type: 'boolean', default: false } },
});

const journeys: Record<string, (world: World) => (() => Promise<Row>)[]> = {
  kill: (world) =>
    killRows
      .filter(([service]) => values.service === undefined || service === values.service)
      .map(
        ([service, point]) =>
          () =>
            killAt(world, service, point),
      ),
  reattach: (world) => ways.map((way) => () => reattach(world, way)),
};

const journey = journeys[positionals[0] ?? ''];
if (!journey) {
  console.error(`npm run journey -- NAME, where NAME is one of ${Object.keys(journeys).join(', ')}`);
  process.exit(2);
}
const world = await startWorld({ durable: true });
const rows: Row[] = [];
try {
  await world.startServices(serviceNames);
  for (const go of journey(world)) {
    const row = await go();
    rows.push(row);
    if (!values.json) console.log(`${row.ok ? 'ok    ' : 'FAILED'} ${row.what} (${row.seconds} s)`);
  }
} finally {
  await world.stop();
}
if (values.json) console.log(JSON.stringify(rows));
else console.table(rows.map(({ ok, seconds: _, ...row }) => ({ ...row, ok: ok ? 'yes' : 'NO' })));
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
