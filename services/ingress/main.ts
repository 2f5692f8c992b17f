import 'reflect-metadata';
import { bootService, runService } from '#boot';
import { ingressSettings } from './config.ts';
import { FrontDoor } from './front-door.ts';
import { IngressModule } from './ingress.module.ts';

await runService('ingress', () =>
  bootService({
    module: IngressModule,
    settings: ingressSettings(process.env),
    routes: (app) => app.get(FrontDoor).register(app.getHttpAdapter().getInstance()),
  }),
);
