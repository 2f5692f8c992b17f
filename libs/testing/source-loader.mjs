// `node --import <this file> some/main.ts` runs a program from its sources, as the tests do: no build needed.
import { register } from 'node:module';

register('./source-hooks.mjs', import.meta.url);
