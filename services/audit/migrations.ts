import { CreateGovernance1760000000400 } from './erasing/create-governance.migration.ts';
import { CreateKeptBody1760000000600 } from './keeping/create-kept-body.migration.ts';
import { CreateActivation1760000001200 } from './revisions/create-activation.migration.ts';
import { AppendOnlyIndexes1760000001100 } from './searching/append-only-indexes.migration.ts';
import { CreateWords1760000000800 } from './searching/create-words.migration.ts';
import { IndexPairs1760000001400 } from './searching/index-pairs.migration.ts';
import { CreateKeyedGroups1760000000900 } from './sessions/create-keyed-groups.migration.ts';
import { CreateLedgerKey1760000001300 } from './signing/create-ledger-key.migration.ts';
import { CreateSinks1760000000500 } from './sinks/create-sinks.migration.ts';
import { AppendOnlySegments1760000001000 } from './storing/append-only-segments.migration.ts';
import { CreateAudit1760000000200 } from './storing/create-audit.migration.ts';

/** Every migration of schema `audit`. */
export const auditMigrations = [
  CreateAudit1760000000200,
  CreateGovernance1760000000400,
  CreateSinks1760000000500,
  CreateKeptBody1760000000600,
  CreateWords1760000000800,
  CreateKeyedGroups1760000000900,
  AppendOnlySegments1760000001000,
  AppendOnlyIndexes1760000001100,
  CreateActivation1760000001200,
  CreateLedgerKey1760000001300,
  IndexPairs1760000001400,
];
