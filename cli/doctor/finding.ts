/** What a check found. A warning is fine for trying things out and not for real use. */
export interface Finding {
  check: string;
  verdict: 'ok' | 'warning' | 'problem';
  detail: string;
  /** What to do about it. */
  remedy?: string;
}

/** Everything a check may look at. */
export interface Surroundings {
  stateDir: string;
  natsUrl: string;
  issuer: string;
  configPath: string;
}
