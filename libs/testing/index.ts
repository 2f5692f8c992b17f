export * from './eventually.ts';
export * from './glewlwyd.ts';
export * from './mock-upstream.ts';
export * from './program.ts';
export * from './rados-gateway.ts';
export * from './sign-in.ts';
export * from './tokens.ts';
export * from './world.ts';
