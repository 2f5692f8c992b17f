import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '#embedded';
import { openOwnSetting, openRunningSetting } from './erasure/setting.ts';
import { type WalkReport, walkErasure } from './erasure/walk.ts';

/**
 * `npm run check:erasure`: types markers wherever a person's words come in, has the person forgotten, asks every service
 * for them, and reads every byte that is kept: nothing may be found. It starts a Sallyport of its own in a temporary
 * folder; with `--running` it uses the one of `npm start`, and forgets carol there.
 */
const { values: flags } = parseArgs({
  options: {
    running: { type: 'boolean', default: false },
    'state-dir': {
      type: 'string',
      default: process.env.SALLYPORT_STATE_DIR ?? join(packageRoot(), '.sallyport'),
    },
    issuer: { type: 'string', default: process.env.SALLYPORT_ISSUER ?? 'http://127.0.0.1:8085' },
    ingress: { type: 'string', default: process.env.SALLYPORT_INGRESS_URL ?? 'http://127.0.0.1:8080' },
    approval: { type: 'string', default: process.env.SALLYPORT_APPROVAL_URL ?? 'http://127.0.0.1:8081' },
    audit: { type: 'string', default: process.env.SALLYPORT_AUDIT_URL ?? 'http://127.0.0.1:8084' },
    nats: { type: 'string', default: process.env.NATS_URL ?? 'nats://127.0.0.1:4322' },
    json: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function print({ markers, findings, places, isClean }: WalkReport): void {
  say(`${markers.length} markers typed: ${markers.map(({ where }) => where).join(', ')}`);
  for (const { where, said, isGone } of findings)
    say(`${isGone ? 'ok    ' : 'FOUND '} ${where.padEnd(42)} ${said}`);
  for (const { place, files, bytes, hits } of places) {
    const read = `${files} files, ${Math.ceil(bytes / 1000).toLocaleString('en')} kB`.padEnd(24);
    say(`${hits.length === 0 ? 'ok    ' : 'FOUND '} ${place.padEnd(42)} ${read} ${hits.length} hits`);
    for (const hit of hits) say(`         ${hit}`);
  }
  say(isClean ? 'erased: nothing is left in the clear, and nobody can open what is sealed' : 'NOT ERASED');
}

async function main(): Promise<number> {
  const { ingress, approval, audit } = flags;
  const setting = flags.running
    ? await openRunningSetting({
        ...{ stateDir: resolve(flags['state-dir']), issuer: flags.issuer, natsUrl: flags.nats },
        urls: { ingress, approval, audit },
      })
    : await openOwnSetting();
  try {
    const report = await walkErasure(setting);
    if (flags.json) say(JSON.stringify(report));
    else print(report);
    return report.isClean ? 0 : 1;
  } finally {
    await setting.stop();
  }
}

process.exitCode = await main().catch((error: Error) => {
  process.stderr.write(`check:erasure: ${error.message}\n`);
  return 2;
});
