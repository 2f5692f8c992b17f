import { Clearing } from './clearing.ts';
import { CreateErased1760000001100 } from './create-erased.migration.ts';
import { EndingOwn } from './ending-own.ts';
import { Erased } from './erased.ts';
import { OnContentErased } from './on-content-erased.ts';
import { People } from './people.ts';

/** What the approval service's module takes from here. */
export const forgetting = {
  migrations: [CreateErased1760000001100],
  handlers: [OnContentErased],
  parts: [People, Erased, EndingOwn, Clearing],
};
