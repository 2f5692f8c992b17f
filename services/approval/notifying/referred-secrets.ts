import { Injectable } from '@nestjs/common';
import { ApprovalSettings } from '../config.ts';
import { readReferredSecret } from '../page/client-secret.ts';

/** Opens what `sallyport.yaml` refers to, at the moment it is used: a rotated secret is taken without a restart. */
@Injectable()
export class ReferredSecrets {
  constructor(private readonly settings: ApprovalSettings) {}

  /** The secret; undefined where it is missing or empty. */
  open(reference: string): Promise<string | undefined> {
    const { common, variable } = this.settings;
    return readReferredSecret(reference, { secretsDir: common.secretsDir, variable }).catch(() => undefined);
  }
}
