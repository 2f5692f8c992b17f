import { describe, expect, test } from '@jest/globals';
import { serviceNames } from '#contracts';
import { type ComposeFile, findComposeProblems, readCompose } from './compose-file.ts';
import { findLeavingImports } from './image-sources.ts';

const root = process.cwd();
const shipped = () => readCompose('docker-compose.yml');

test('the shipped file fits the Compose specification and has all five services', () => {
  expect(findComposeProblems(root, shipped())).toEqual([]);
  expect(Object.keys(shipped().services)).toEqual(expect.arrayContaining([...serviceNames]));
});

test('each service runs with its own secrets, its own broker user and its own image', () => {
  for (const name of serviceNames) {
    const service = shipped().services[name]!;
    expect(service.environment).toMatchObject({
      NATS_USER: name,
      SALLYPORT_SECRETS_DIR: '/run/secrets/sallyport',
    });
    expect(service.build?.args).toEqual({ SERVICE: name });
    const mounted = (service.volumes ?? []).filter((volume) => volume.includes('deploy/secrets'));
    expect(mounted).toEqual([`./deploy/secrets/${name}:/run/secrets/sallyport:ro`]);
    const secretNames = Object.keys(service.environment ?? {}).filter((key) =>
      /PASSWORD|SECRET|KEY/.test(key),
    );
    expect(secretNames.filter((key) => !/_(FILE|DIR)$/.test(key))).toEqual([]);
  }
});

describe('what is wrong is named:', () => {
  const broken: [string, (file: ComposeFile) => void, RegExp][] = [
    ['an unknown key', (file) => Object.assign(file.services.ingress!, { restarts: 'always' }), /additional/],
    ['no health check', (file) => delete file.services.audit!.healthcheck, /audit: has no health check/],
    [
      'a service that is not there',
      (file) => (file.services.policy!.depends_on = { gone: { condition: 'service_healthy' } }),
      /depends on gone/,
    ],
    [
      'a port open to the network',
      (file) => (file.services.ingress!.ports = ['8080:8080']),
      /open to the network/,
    ],
    [
      'a mount that is not there',
      (file) => file.services.policy!.volumes!.push('./nowhere:/x'),
      /mounts .\/nowhere/,
    ],
    ['an undeclared volume', (file) => file.services.policy!.volumes!.push('other:/x'), /volume other/],
    ['root', (file) => (file.services.masking!.user = '0:0'), /runs as root/],
    ['an image without a version', (file) => (file.services.nats!.image = 'nats:latest'), /no version/],
  ];
  test.each(broken)('%s', (_, spoil, message) => {
    const file = shipped();
    spoil(file);
    expect(findComposeProblems(root, file).join('\n')).toMatch(message);
  });
});

describe('the image', () => {
  const dockerfile = 'FROM x\nCOPY libs libs\nCOPY tools tools\n';
  const source = {
    path: 'tools/one.ts',
    text: "import { a } from '../test/a.ts';\nimport { b } from '../libs/b.ts';",
  };
  test('builds nothing that imports what it does not copy', () => {
    expect(findLeavingImports(dockerfile, [], [source])).toEqual([
      'deploy/Dockerfile: tools/one.ts imports test/a.ts, which is not copied',
    ]);
    expect(findLeavingImports(dockerfile, ['tools/one.ts'], [source])).toEqual([]);
  });
});
