// Preloaded by run-tests.mjs and script/torture: Node runs the TypeScript of the packages. A general loader costs each of many processes
// about half a second more.
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./typescript-hooks.mjs', import.meta.url);
