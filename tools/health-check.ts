export {};

/** The container's health check: exit code 0 where the service of `SERVICE` says that it is ready. Imports nothing, as it runs often. */
const variable = `SALLYPORT_${(process.env.SERVICE ?? '').toUpperCase()}_PORT`;
const port = process.env[variable];
if (port === undefined) {
  console.error(`set ${variable}`);
  process.exit(1);
}
const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) }).then(
  (response) => response.ok,
  () => false,
);
process.exit(ready ? 0 : 1);
