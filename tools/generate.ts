import { writeGenerated } from './generate/drift.ts';

for (const path of await writeGenerated(process.cwd())) console.log(path);
