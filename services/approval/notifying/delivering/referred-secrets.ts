import { Injectable } from '@nestjs/common';
import { SecretReferences } from '#boot';
import { ApprovalSettings } from '../../config.ts';

/** Opens what `sallyport.yaml` refers to, at the moment it is used: a rotated secret is taken without a restart. */
@Injectable()
export class ReferredSecrets {
  constructor(private readonly settings: ApprovalSettings) {}

  /** The secret; undefined where it is missing or empty. */
  open(reference: string): Promise<string | undefined> {
    return new SecretReferences(this.settings.common.secretsDir).open(reference).catch(() => undefined);
  }
}
