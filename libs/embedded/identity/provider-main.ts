import { startIdentityProvider } from './provider.ts';

const env = process.env;
const provider = await startIdentityProvider({
  dir: env.SALLYPORT_IDENTITY_DIR ?? '.sallyport/identity',
  port: Number(env.SALLYPORT_IDENTITY_PORT ?? 8085),
  ...(env.SALLYPORT_BIND === undefined ? {} : { bind: env.SALLYPORT_BIND }),
  audience: env.SALLYPORT_AUDIENCE ?? 'sallyport',
  consoleRedirectUris: (env.SALLYPORT_CONSOLE_REDIRECT_URIS ?? '').split(' ').filter((uri) => uri !== ''),
});
process.stdout.write(`identity provider listens at ${provider.issuer}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void provider.stop().then(() => process.exit(0)));
}
