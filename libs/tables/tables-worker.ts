import { parentPort } from 'node:worker_threads';
import type { MaskingProfile } from '#contracts';
import { compileTables, type ProfileTables, RedactionError, type RedactionErrorCode } from '#redaction';

/** A profile to compile. */
export interface TablesOrder {
  readonly id: number;
  readonly profile: MaskingProfile;
}

/** `begun` is said before compiling, so that its time doesn't include the thread's start. */
export type TablesNews =
  | { readonly kind: 'begun'; readonly id: number }
  | { readonly kind: 'tables'; readonly id: number; readonly tables: ProfileTables }
  | {
      readonly kind: 'refused';
      readonly id: number;
      readonly code: RedactionErrorCode | undefined;
      readonly message: string;
    };

const say = (news: TablesNews): void => parentPort?.postMessage(news);

parentPort?.on('message', ({ id, profile }: TablesOrder) => {
  say({ kind: 'begun', id });
  try {
    say({ kind: 'tables', id, tables: compileTables(profile) });
  } catch (error) {
    const code = error instanceof RedactionError ? error.code : undefined;
    say({ kind: 'refused', id, code, message: error instanceof Error ? error.message : String(error) });
  }
});
