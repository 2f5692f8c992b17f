import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Bus } from '#messaging';
import { type DatabaseOptions, dataSourceOptions, openDataSource } from './data-source.ts';
import { OutboxRelay } from './outbox/relay.ts';
import { UnitOfWork } from './unit-of-work.ts';

/** Injection token of the `DatabaseOptions` in force. */
export const databaseOptions = Symbol('sallyport:database-options');

/** Starts the relay when the service is up and stops it before the connections close, those of the unit of work with it. */
@Injectable()
class RelayLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(UnitOfWork) private readonly unit: UnitOfWork,
  ) {}

  onApplicationBootstrap(): void {
    this.relay.follow(this.unit);
    this.relay.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.relay.stop();
    await this.unit.close();
  }
}

/** The module that `databaseModule` fills. */
@Module({})
export class DatabaseModule {}

/**
 * A service's own schema: TypeORM's `DataSource`, the unit of work with its outbox, and the relay. Migrations run at
 * start, one process at a time.
 */
export function databaseModule(
  options: DatabaseOptions & { onRelayError?: (error: unknown) => void },
): DynamicModule {
  const { url, schema, onRelayError } = options;
  return {
    module: DatabaseModule,
    global: true,
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => ({ ...dataSourceOptions(options), retryAttempts: 1, manualInitialization: true }),
        dataSourceFactory: (_settings?: DataSourceOptions) => openDataSource(options),
      }),
    ],
    providers: [
      { provide: databaseOptions, useValue: options },
      {
        provide: UnitOfWork,
        inject: [DataSource],
        useFactory: (source: DataSource) => new UnitOfWork(source, schema),
      },
      {
        provide: OutboxRelay,
        inject: [Bus],
        useFactory: (bus: Bus) =>
          new OutboxRelay({ url, schema, bus, ...(onRelayError && { onError: onRelayError }) }),
      },
      RelayLifecycle,
    ],
    exports: [UnitOfWork, OutboxRelay, databaseOptions],
  };
}
