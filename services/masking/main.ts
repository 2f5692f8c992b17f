import { bootService, readSettings, runService } from '#boot';
import { MaskingModule } from './masking.module.ts';

await runService('masking', () =>
  bootService({ module: MaskingModule, settings: readSettings('masking', process.env) }),
);
