import 'reflect-metadata';
import { bootService, runService } from '#boot';
import { approvalModule } from './approval.module.ts';
import { readApprovalSettings } from './config.ts';

/** An edit may bring a whole new body, as large as the front door takes one. */
const bodyLimitBytes = 34 * 1024 * 1024;

await runService('approval', async () => {
  const settings = await readApprovalSettings(process.env);
  return bootService({ module: approvalModule(settings), settings: settings.common, bodyLimitBytes });
});
