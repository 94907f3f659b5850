#!/usr/bin/env node
import module from 'node:module';

// From Node.js 22 on: compiled code is kept between runs, which halves the time to start.
module.enableCompileCache?.();
const { main } = await import('../dist/src/cli/main.js');
await main();
