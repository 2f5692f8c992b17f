import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

const require = createRequire(import.meta.url);

/** Swagger UI writes styles into the page; nothing else loads from anywhere, and nobody frames it. */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const page = (title: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
`;

// The token that somebody tries it with is forgotten with the page.
const start = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });\n`;

const files = [
  { path: require.resolve('swagger-ui-dist/swagger-ui.css'), type: 'text/css' },
  { path: require.resolve('swagger-ui-dist/swagger-ui-bundle.js'), type: 'text/javascript' },
];

/** Serves a page at `/docs` that shows `/openapi.json`, and tries its operations out. Everything it loads comes from here. */
export function serveApiDocs(app: NestFastifyApplication, title: string): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/docs', (_, reply) =>
    reply.headers(pageHeaders).type('text/html; charset=utf-8').send(page(title)),
  );
  fastify.get('/docs/start.js', (_, reply) => reply.headers(pageHeaders).type('text/javascript').send(start));
  for (const { path, type } of files) {
    fastify.get(`/docs/${basename(path)}`, async (_, reply) =>
      reply
        .headers(pageHeaders)
        .type(type)
        .send(await readFile(path)),
    );
  }
}
