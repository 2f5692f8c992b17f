import 'reflect-metadata';
import { bootService, runService } from '#boot';
import { policySettings } from './config.ts';
import { PolicyModule } from './policy.module.ts';

/** A document of many files, as it is sent for validation. */
const bodyLimitBytes = 8 * 1024 * 1024;

await runService('policy', () =>
  bootService({ module: PolicyModule, settings: policySettings(process.env), bodyLimitBytes }),
);
