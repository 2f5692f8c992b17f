import { Channels } from './channels.ts';
import { Courier } from './courier.ts';
import { CreateDelivery1760000000600 } from './create-delivery.migration.ts';
import { Deliveries } from './deliveries.ts';
import { Delivery } from './delivery.entity.ts';
import { Endpoints } from './endpoints.ts';
import { FactsReader } from './facts.ts';
import { GoneEndpoint } from './gone-endpoint.entity.ts';
import { NotificationsController } from './notifications.controller.ts';
import { DeliveryQueue } from './queue.ts';
import { Recipients } from './recipients.ts';
import { ReferredSecrets } from './referred-secrets.ts';
import { Sender } from './sender.ts';
import { Telling } from './tell.ts';

/** What the approval service's module takes from here. */
export const notifying = {
  entities: [Delivery, GoneEndpoint],
  migrations: [CreateDelivery1760000000600],
  controllers: [NotificationsController],
  parts: [
    ...[Endpoints, Recipients, ReferredSecrets, FactsReader, Sender],
    ...[DeliveryQueue, Telling, Deliveries, Channels, Courier],
  ],
};
