import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '#contracts';
import { type NatsServer, startNats } from '#embedded';
import { Bus } from './bus.ts';
import { natsAuthorization, natsUsers } from './permissions.ts';
import { applyTopology } from './topology.ts';

/** A broker with the permissions as they are shipped, every service connected to it, and what the server refused each. */
export class RestrictedBroker {
  private readonly buses = new Map<string, Bus>();
  private readonly violations = new Map<string, string[]>();

  private constructor(
    private readonly dir: string,
    private readonly server: NatsServer,
    readonly passwords: Readonly<Record<string, string>>,
  ) {}

  static async start(): Promise<RestrictedBroker> {
    const passwords = Object.fromEntries(natsUsers.map((user) => [user, randomBytes(12).toString('hex')]));
    const dir = await mkdtemp(join(tmpdir(), 'sallyport-permissions-'));
    const server = await startNats({ dir, port: 0, config: natsAuthorization(passwords) });
    await applyTopology({ url: server.url, user: 'topology', password: passwords.topology! });
    const broker = new RestrictedBroker(dir, server, passwords);
    for (const user of serviceNames) await broker.connect(user);
    return broker;
  }

  get url(): string {
    return this.server.url;
  }

  bus(user: string): Bus {
    return this.buses.get(user)!;
  }

  async stop(): Promise<void> {
    for (const each of this.buses.values()) await each.close();
    await this.server.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Publishes and says whether the server refused it: its error comes before the answer to a ping. */
  async isRefused(user: ServiceName, subject: string, body = '{}', reply?: string): Promise<boolean> {
    const seen = this.violations.get(user)!;
    const before = seen.length;
    this.bus(user).nc.publish(subject, body, reply === undefined ? {} : { reply });
    await this.bus(user).nc.flush();
    await new Promise(setImmediate);
    return seen.slice(before).some((text) => text.includes(subject));
  }

  async isDeaf(user: ServiceName, subject: string): Promise<boolean> {
    const seen = this.violations.get(user)!;
    const before = seen.length;
    const subscription = this.bus(user).nc.subscribe(subject, { callback: () => undefined });
    await this.bus(user).nc.flush();
    await new Promise(setImmediate);
    if (!subscription.isClosed()) subscription.unsubscribe();
    return seen.slice(before).some((text) => text.includes(subject));
  }

  async allowedOf(user: ServiceName, subjects: readonly string[]): Promise<string[]> {
    const allowed: string[] = [];
    for (const subject of subjects) if (!(await this.isRefused(user, subject))) allowed.push(subject);
    return allowed;
  }

  private async connect(user: ServiceName): Promise<void> {
    const opened = await Bus.connect({ url: this.url, user, password: this.passwords[user]! });
    this.buses.set(user, opened);
    this.violations.set(user, []);
    void this.listen(user, opened);
  }

  private async listen(user: string, opened: Bus): Promise<void> {
    for await (const status of opened.nc.status()) {
      if (status.type === 'error') this.violations.get(user)!.push(String(status.error));
    }
  }
}
