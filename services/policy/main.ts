import 'reflect-metadata';
import { bootService, runService } from '#boot';
import { policySettings } from './config.ts';
import { PolicyModule } from './policy.module.ts';

await runService('policy', () =>
  bootService({ module: PolicyModule, settings: policySettings(process.env) }),
);
