export * from './eventually.ts';
export * from './glewlwyd.ts';
export * from './mock-upstream.ts';
export * from './rados-gateway.ts';
export * from './sign-in.ts';
export * from './source-process.ts';
export * from './tokens.ts';
export * from './world.ts';
