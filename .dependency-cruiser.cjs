// Who may import whom: the table of docs/architecture.md. `npm run check` runs it.

const pure = ['contracts', 'protocols', 'rules', 'redaction', 'ledger'];

/** Each library and the libraries it may use. */
const libraries = {
  contracts: [],
  protocols: ['contracts'],
  redaction: ['contracts'],
  ledger: ['contracts'],
  rules: ['contracts', 'redaction'],
  tables: ['contracts', 'redaction', 'threads'],
  threads: [],
  outgoing: [],
  telemetry: [],
  messaging: ['contracts', 'telemetry'],
  database: ['contracts', 'messaging', 'telemetry'],
  auth: ['contracts'],
  sealing: ['contracts', 'messaging'],
  boot: ['contracts', 'messaging', 'sealing', 'auth', 'telemetry'],
  embedded: ['contracts', 'messaging'],
};

/** What a pure library may take from npm and from Node: no framework, database, broker, clock or random. */
const pureNpm = {
  contracts: 'zod',
  protocols: 'zod',
  redaction: 'zod|re2js|libphonenumber-js',
  ledger: 'zod',
  rules: 'zod|re2js|yaml|@marcbachmann/cel-js',
};
const pureNode = 'crypto|net|buffer|util|url|path';

const isTest = '(\\.test|test-kit)\\.ts$|^test/';
const only = (names) => (names.length === 0 ? [] : [`^libs/(${names.join('|')})/`]);

const libraryRules = Object.entries(libraries).map(([name, allowed]) => ({
  name: `${name}-uses-only-${allowed.join('-') || 'nothing-here'}`,
  severity: 'error',
  from: { path: `^libs/${name}/`, pathNot: isTest },
  to: {
    path: '^(libs|services|cli|console|tools|bench|test)/',
    pathNot: [`^libs/${name}/`, ...only(allowed)],
  },
}));

const purityRules = pure.flatMap((name) => [
  {
    name: `${name}-is-pure-npm`,
    severity: 'error',
    from: { path: `^libs/${name}/`, pathNot: isTest },
    to: { path: 'node_modules/', pathNot: `node_modules/(${pureNpm[name]})/` },
  },
  {
    name: `${name}-is-pure-node`,
    severity: 'error',
    from: { path: `^libs/${name}/`, pathNot: isTest },
    to: { dependencyTypes: ['core'], pathNot: `^(node:)?(${pureNode})$` },
  },
]);

const nobody = (name, from, to) => ({ name, severity: 'error', from, to });

module.exports = {
  forbidden: [
    ...libraryRules,
    ...purityRules,
    nobody(
      'services-never-use-each-other',
      { path: '^services/([^/]+)/', pathNot: isTest },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    nobody(
      'services-use-libraries-only',
      { path: '^services/', pathNot: isTest },
      { path: '^(libs/(testing|embedded)|cli|console|tools|bench|test)/' },
    ),
    nobody(
      'console-uses-contracts-only',
      { path: '^console/', pathNot: isTest },
      { path: '^(libs|services|cli|tools|bench|test)/', pathNot: '^libs/contracts/' },
    ),
    nobody(
      'cli-uses-its-libraries-only',
      { path: '^cli/', pathNot: isTest },
      {
        path: '^(libs|services|console|tools|bench|test)/',
        pathNot: only([...pure, 'messaging', 'embedded']),
      },
    ),
    nobody(
      'nothing-uses-testing',
      { pathNot: ['^libs/testing/', '^tools/', '^bench/', isTest] },
      { path: '^(libs/testing|test|bench)/' },
    ),
    nobody(
      'libraries-are-entered-by-index',
      { path: '^libs/([^/]+)/' },
      { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/index\\.ts$'] },
    ),
    nobody(
      'libraries-are-entered-by-index-from-outside',
      { pathNot: '^libs/' },
      { path: '^libs/', pathNot: '^libs/[^/]+/index\\.ts$' },
    ),
    nobody('no-cycles', {}, { circular: true }),
    nobody('everything-resolves', {}, { couldNotResolve: true }),
    nobody(
      'no-development-dependency-in-production',
      { path: '^(libs|services|cli)/', pathNot: ['^libs/testing/', isTest, 'test-kit\\.ts$'] },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.sallyport)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
