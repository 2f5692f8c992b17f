import path from 'node:path';
import { changeLedgerKey } from '#embedded';

/**
 * `npm run deploy:ledger-key -- begin|end [DIR]`: changes the key that signs the ledger, in the folder of secrets (see
 * docs/runbook.md).
 */
const [step, dir = 'deploy/secrets'] = process.argv.slice(2);
if (step !== 'begin' && step !== 'end') {
  console.error('usage: npm run deploy:ledger-key -- begin|end [DIR]');
  process.exit(2);
}
try {
  await changeLedgerKey(path.resolve(dir), step);
  console.log(
    step === 'begin'
      ? `another key is in ${dir}/audit; restart audit, then end the change`
      : `the key before is gone from ${dir}; restart audit`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
