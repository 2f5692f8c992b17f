import { Injectable } from '@nestjs/common';
import { SubjectNames } from '#sealing';

/** Names addresses without saying them: a keyed digest, the same for the same address. */
@Injectable()
export class Recipients {
  constructor(private readonly names: SubjectNames) {}

  /** The name of an address in a delivery. */
  nameOf(address: string): string {
    return this.names.of({ issuer: 'mailto:', subject: address });
  }
}
