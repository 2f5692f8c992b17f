import { CreateDelivery1760000000600 } from './create-delivery.migration.ts';
import { Delivery } from './delivery.entity.ts';
import { GoneEndpoint } from './gone-endpoint.entity.ts';

/** What the approval service's module takes from here. */
export const notifying = {
  entities: [Delivery, GoneEndpoint],
  migrations: [CreateDelivery1760000000600],
};
