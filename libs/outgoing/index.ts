export { findAddress, pinnedTo, type Resolve } from './address.ts';
export { mayReach } from './network.ts';
