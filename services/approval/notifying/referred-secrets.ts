import { Injectable } from '@nestjs/common';
import { SecretReferences } from '#boot';
import { ApprovalSettings } from '../config.ts';

/** Opens what `sallyport.yaml` refers to, at the moment it is used: a rotated secret is taken without a restart. */
@Injectable()
export class ReferredSecrets {
  private readonly references: SecretReferences;

  constructor(settings: ApprovalSettings) {
    this.references = new SecretReferences(settings.common.secretsDir);
  }

  /** The secret; undefined where it is missing or empty. */
  open(reference: string): Promise<string | undefined> {
    return this.references.open(reference).catch(() => undefined);
  }
}
