/** What can keep a local part from starting. Each has one line for the person and a remedy. */
export type ProblemCode =
  | 'embedded.port_busy'
  | 'embedded.tool_missing'
  | 'embedded.no_network'
  | 'embedded.not_ready'
  | 'embedded.exited'
  | 'embedded.unsupported_platform'
  | 'embedded.not_permitted'
  | 'embedded.unsafe_bind'
  | 'embedded.bad_option';

/** A start-up failure that a person can act on: `message` says what, `remedy` says what to do. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem';

  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly remedy: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** One line, as the terminal shows it. */
  line(): string {
    return `${this.message} → ${this.remedy}`;
  }
}
