import 'reflect-metadata';
import { bootService, runService } from '#boot';
import { AuditModule } from './audit.module.ts';
import { auditSettings } from './config.ts';

await runService('audit', () => bootService({ module: AuditModule, settings: auditSettings(process.env) }));
