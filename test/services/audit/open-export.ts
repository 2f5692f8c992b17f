import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { type ExportReport, noteSigner, verifyExport } from '#ledger';
import { SubjectNames, secretFiles } from '#sealing';
import { EntryReader, type Queryable } from '../../../services/audit/entries/entry-reader.ts';
import { exportLines } from '../../../services/audit/exporting/export-lines.ts';
import { Owners } from '../../../services/audit/personal/owners.ts';
import { PersonalVault } from '../../../services/audit/personal/personal-vault.ts';
import { LedgerProofs } from '../../../services/audit/proving/ledger-proofs.ts';
import { LedgerKeys } from '../../../services/audit/signing/ledger-keys.ts';
import type { AuditWorld } from './audit-world.ts';

/** An export that has begun and was not read yet: whatever happens now happens while it is written. */
export interface OpenExport {
  /** Reads the rest and verifies all of it. */
  finish(): Promise<{ report: ExportReport; text: string }>;
}

/** Begins an export of the whole ledger, or of some entries, as the service does, beside it. */
export async function beginExport(
  audit: AuditWorld,
  client: pg.Client,
  only?: readonly (readonly [number, number])[],
): Promise<OpenExport> {
  const secret = (file: string) => readFile(join(audit.world.secrets.dirOf('audit'), file), 'utf8');
  const signer = noteSigner('sallyport', createPrivateKey(await secret(secretFiles.ledgerSigningKey)));
  const names = new SubjectNames(Buffer.from((await secret(secretFiles.subjectNames)).trim(), 'hex'));
  const queries: Queryable = { query: async (sql, values) => (await client.query(sql, values)).rows };
  const entries = new EntryReader(queries);
  const keys = new LedgerKeys(queries, { current: signer, previous: null });
  const proofs = new LedgerProofs(queries, entries, keys);
  const vault = new PersonalVault(audit.sealer, new Owners(names));
  const size = (await proofs.latest())?.size ?? 0;
  const parts = { entries, proofs, vault, signer, origin: 'sallyport' };
  const lines = exportLines(parts, only ?? [[0, size]], size);
  const first = (await lines.next()).value as string;
  return {
    finish: async () => {
      let text = first;
      for await (const line of lines) text += line;
      const bytes = (async function* () {
        yield Buffer.from(text);
      })();
      return { text, report: await verifyExport(bytes, [signer.publicKey]) };
    },
  };
}
