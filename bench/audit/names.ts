/** The log that the bench writes, and the seed of the key that signs it. */
export const benchOrigin = 'bench';
export const benchSeed = Buffer.alloc(32, 1);
