import { Channels } from './channels.ts';
import { CreateDelivery1760000000600 } from './create-delivery.migration.ts';
import { Courier } from './delivering/courier.ts';
import { Deliveries } from './delivering/deliveries.ts';
import { Delivery } from './delivering/delivery.entity.ts';
import { DeliveryQueue } from './delivering/queue.ts';
import { ReferredSecrets } from './delivering/referred-secrets.ts';
import { Sender } from './delivering/sender.ts';
import { NotificationsController } from './notifications.controller.ts';
import { Endpoints } from './telling/endpoints.ts';
import { GoneEndpoint } from './telling/gone-endpoint.entity.ts';
import { Recipients } from './telling/recipients.ts';
import { Telling } from './telling/tell.ts';
import { FactsReader } from './wording/facts.ts';

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
