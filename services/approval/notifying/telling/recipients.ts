import { Injectable, type OnModuleInit } from '@nestjs/common';
import { readSecret } from '#boot';
import { SubjectNames, secretFiles } from '#sealing';
import { ApprovalSettings } from '../../config.ts';

/** Names addresses without saying them: a keyed digest, the same for the same address. */
@Injectable()
export class Recipients implements OnModuleInit {
  private names: SubjectNames | undefined;

  constructor(private readonly settings: ApprovalSettings) {}

  async onModuleInit(): Promise<void> {
    const secret = await readSecret(this.settings.common, secretFiles.subjectNames);
    this.names = new SubjectNames(Buffer.from(secret, 'hex'));
  }

  /** The name of an address in a delivery. */
  nameOf(address: string): string {
    if (!this.names) throw new Error('addresses are named once the module has started');
    return this.names.of({ issuer: 'mailto:', subject: address });
  }
}
