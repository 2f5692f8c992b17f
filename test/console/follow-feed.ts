// Follows a feed as the page does, stops, and says how many the API still serves. Run by page-feed.test.ts in a process
// of its own, since jest can't load what Fastify calls itself with.
import 'reflect-metadata';
import { once } from 'node:events';
import { Controller, Module, Sse } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { finalize, interval, map, type Observable } from 'rxjs';
import { Rest } from '../../services/approval/page/rest.ts';

let followers = 0;
let leave = (): void => undefined;
const left = new Promise<void>((resolve) => {
  leave = resolve;
});

@Controller()
class Feed {
  @Sse('feed')
  feed(): Observable<object> {
    followers++;
    return interval(10).pipe(
      map((n) => ({ data: { n } })),
      finalize(() => {
        followers--;
        leave();
      }),
    );
  }
}

@Module({ controllers: [Feed] })
class Root {}

const app = await NestFactory.create<NestFastifyApplication>(Root, new FastifyAdapter(), { logger: false });
await app.init();
const rest = new Rest(app.get(HttpAdapterHost));
const say = (): void => void process.stdout.write(`following ${followers}\n`);
const follow = (ended: AbortSignal) =>
  rest.stream({ ip: '127.0.0.1' } as FastifyRequest, undefined, '/feed', ended);

const leaving = new AbortController();
await once(await follow(leaving.signal), 'data');
say();
leaving.abort();
await left;
say();

// No listener for errors: whoever left before there was a feed never listens to one.
await follow(AbortSignal.abort());
const inBetween = new AbortController();
const opening = follow(inBetween.signal);
inBetween.abort();
await opening;
say();
await app.close();
