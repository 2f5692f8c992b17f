/** A connection's secret or token can't be had: nothing is sent. The message names the reference, never the secret. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}
