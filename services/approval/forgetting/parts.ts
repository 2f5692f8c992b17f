import { readSecret } from '#boot';
import { SubjectNames, secretFiles } from '#sealing';
import { ApprovalSettings } from '../config.ts';
import { Clearing } from './clearing.ts';
import { CreateErased1760000001100 } from './create-erased.migration.ts';
import { EndingOwn } from './ending-own.ts';
import { Erased } from './erased.ts';
import { OnContentErased } from './on-content-erased.ts';
import { People } from './people.ts';

const names = {
  provide: SubjectNames,
  inject: [ApprovalSettings],
  useFactory: async ({ common }: ApprovalSettings) =>
    new SubjectNames(Buffer.from(await readSecret(common, secretFiles.subjectNames), 'hex')),
};

/** What the approval service's module takes from here. */
export const forgetting = {
  migrations: [CreateErased1760000001100],
  handlers: [OnContentErased],
  parts: [names, People, Erased, EndingOwn, Clearing],
};
