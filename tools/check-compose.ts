import { findComposeProblems, readCompose } from './compose/compose-file.ts';

/** `npm run check:compose`: docker-compose.yml against the Compose specification's schema and our own rules. */
const compose = readCompose('docker-compose.yml');
const problems = findComposeProblems(process.cwd(), compose);
for (const problem of problems) console.log(`✗ ${problem}`);
console.log(
  `docker-compose.yml: ${Object.keys(compose.services).length} services, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
